import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

const views = [
  { to: "/rules", label: "All rules" },
  { to: "/rules/files", label: "Files" },
] as const;

/** The ways in which rules can be looked at. */
export function RuleViews({ current }: { readonly current: (typeof views)[number]["to"] }) {
  return (
    <PageSection type="subnav">
      <Nav variant="horizontal-subnav" aria-label="Views of the rules">
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
