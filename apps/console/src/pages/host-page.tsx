import { PageHead } from "../parts/page-head.tsx";

/** Host. */
export function HostPage() {
  return <PageHead title="Host" />;
}
