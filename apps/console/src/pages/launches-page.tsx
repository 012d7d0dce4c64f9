import { PageHead } from "../parts/page-head.tsx";

/** Launches. */
export function LaunchesPage() {
  return <PageHead title="Launches" />;
}

/** One launch, beside the list. */
export function LaunchDrawer() {
  return null;
}
