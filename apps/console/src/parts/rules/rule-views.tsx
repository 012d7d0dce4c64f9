import { SubNav } from "../sub-nav.tsx";

const views = [
  { to: "/rules", label: "All rules" },
  { to: "/rules/files", label: "Files" },
] as const;

/** The ways in which rules can be looked at. */
export function RuleViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return <SubNav label="Views of the rules" views={views} current={current} />;
}
