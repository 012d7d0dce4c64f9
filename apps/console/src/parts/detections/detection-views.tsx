import { SubNav } from "../sub-nav.tsx";

const views = [
  { to: "/detections", label: "One by one" },
  { to: "/detections/techniques", label: "By technique" },
  { to: "/detections/responses", label: "Responses" },
] as const;

/** The ways in which detections can be looked at. */
export function DetectionViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return <SubNav label="Views of the detections" views={views} current={current} />;
}
