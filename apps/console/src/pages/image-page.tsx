import { PageHead } from "../parts/page-head.tsx";

/** Image. */
export function ImagePage() {
  return <PageHead title="Image" />;
}
