import { PageHead } from "../parts/page-head.tsx";

/** Settings. */
export function SettingsPage() {
  return <PageHead title="Settings" />;
}
