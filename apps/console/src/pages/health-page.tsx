import { PageHead } from "../parts/page-head.tsx";

/** Health. */
export function HealthPage() {
  return <PageHead title="Health" />;
}
