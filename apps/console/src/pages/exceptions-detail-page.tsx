import { PageHead } from "../parts/page-head.tsx";

/** Exception. */
export function ExceptionPage() {
  return <PageHead title="Exception" />;
}
