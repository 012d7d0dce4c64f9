import { PageHead } from "../parts/page-head.tsx";

/** New policy. */
export function NewPolicyPage() {
  return <PageHead title="New policy" />;
}

/** Policy. */
export function PolicyPage() {
  return <PageHead title="Policy" />;
}
