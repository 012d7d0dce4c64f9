import { SubNav } from "../sub-nav.tsx";

const views = [
  { to: "/findings", label: "By finding" },
  { to: "/findings/vulnerabilities", label: "By vulnerability" },
  { to: "/findings/newly-affected", label: "Newly affected" },
] as const;

/** The ways in which the findings of the fleet can be looked at. */
export function FindingViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return <SubNav label="Views of the findings" views={views} current={current} />;
}
