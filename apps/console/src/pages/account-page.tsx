import { PageHead } from "../parts/page-head.tsx";

/** Your account. */
export function AccountPage() {
  return <PageHead title="Your account" />;
}
