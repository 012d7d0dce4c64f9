import { PageHead } from "../parts/page-head.tsx";

/** Exceptions. */
export function ExceptionsPage() {
  return <PageHead title="Exceptions" />;
}
