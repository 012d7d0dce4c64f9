import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

const views = [
  { to: "/detections", label: "One by one" },
  { to: "/detections/techniques", label: "By technique" },
  { to: "/detections/responses", label: "Responses" },
] as const;

/** The ways in which detections can be looked at. */
export function DetectionViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return (
    <PageSection type="subnav">
      <Nav variant="horizontal-subnav" aria-label="Views of the detections">
        <NavList>
          {views.map(({ to, label }) => (
            <NavItem key={to} isActive={to === current} itemId={to}>
              <Link to={to} aria-current={to === current ? "page" : undefined}>
                {label}
              </Link>
            </NavItem>
          ))}
        </NavList>
      </Nav>
    </PageSection>
  );
}
