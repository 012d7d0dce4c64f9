import { PageHead } from "../parts/page-head.tsx";

/** Policies. */
export function PoliciesPage() {
  return <PageHead title="Policies" />;
}
