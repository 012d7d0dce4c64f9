import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

const views = [
  { to: "/findings", label: "By finding" },
  { to: "/findings/vulnerabilities", label: "By vulnerability" },
] as const;

/** The ways in which the findings of the fleet can be looked at. */
export function FindingViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return (
    <PageSection type="subnav">
      <Nav variant="horizontal-subnav" aria-label="Views of the findings">
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
