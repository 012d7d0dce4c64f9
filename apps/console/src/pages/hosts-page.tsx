import { PageHead } from "../parts/page-head.tsx";

/** Hosts. */
export function HostsPage() {
  return <PageHead title="Hosts" />;
}
