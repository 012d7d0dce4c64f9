import { PageHead } from "../parts/page-head.tsx";

/** Audit. */
export function AuditPage() {
  return <PageHead title="Audit" />;
}
