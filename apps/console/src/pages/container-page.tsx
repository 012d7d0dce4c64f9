import { PageHead } from "../parts/page-head.tsx";

/** Container. */
export function ContainerPage() {
  return <PageHead title="Container" />;
}
