import { PageHead } from "../parts/page-head.tsx";

/** Approvals. */
export function ApprovalsPage() {
  return <PageHead title="Approvals" />;
}
