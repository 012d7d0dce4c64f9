import { PageHead } from "../parts/page-head.tsx";

/** Approval. */
export function ApprovalPage() {
  return <PageHead title="Approval" />;
}
