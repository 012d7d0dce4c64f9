import { PageHead } from "../parts/page-head.tsx";

/** Overview. */
export function OverviewPage() {
  return <PageHead title="Overview" />;
}
