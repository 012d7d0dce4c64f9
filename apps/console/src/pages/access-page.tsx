import { PageHead } from "../parts/page-head.tsx";

/** Access. */
export function AccessPage() {
  return <PageHead title="Access" />;
}
