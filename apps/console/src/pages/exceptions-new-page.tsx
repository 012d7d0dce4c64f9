import { PageHead } from "../parts/page-head.tsx";

/** Ask for an exception. */
export function NewExceptionPage() {
  return <PageHead title="Ask for an exception" />;
}
