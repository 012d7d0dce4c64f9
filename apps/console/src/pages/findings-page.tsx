import { PageHead } from "../parts/page-head.tsx";

/** Findings. */
export function FindingsPage() {
  return <PageHead title="Findings" />;
}
