import { PageHead } from "../parts/page-head.tsx";

/** Images. */
export function ImagesPage() {
  return <PageHead title="Images" />;
}
