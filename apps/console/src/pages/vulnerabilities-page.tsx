import { PageHead } from "../parts/page-head.tsx";

/** Vulnerabilities. */
export function VulnerabilitiesPage() {
  return <PageHead title="Vulnerabilities" />;
}
