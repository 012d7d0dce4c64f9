import { PageHead } from "../parts/page-head.tsx";

/** Containers. */
export function ContainersPage() {
  return <PageHead title="Containers" />;
}
