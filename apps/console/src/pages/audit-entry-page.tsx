import { PageHead } from "../parts/page-head.tsx";

/** Audit entry. */
export function AuditEntryPage() {
  return <PageHead title="Audit entry" />;
}
