import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link, type LinkProps } from "@tanstack/react-router";

interface SubNavProps {
  /** What it is read out as. */
  readonly label: string;
  readonly views: readonly { readonly to: NonNullable<LinkProps["to"]>; readonly label: string }[];
  readonly current: string;
}

/** The ways in which the same things can be looked at, each a page of its own. */
export function SubNav({ label, views, current }: SubNavProps) {
  return (
    <PageSection type="subnav">
      <Nav variant="horizontal-subnav" aria-label={label}>
        <NavList>
          {views.map((view) => (
            <NavItem key={view.to} isActive={view.to === current} itemId={view.to}>
              <Link to={view.to} aria-current={view.to === current ? "page" : undefined}>
                {view.label}
              </Link>
            </NavItem>
          ))}
        </NavList>
      </Nav>
    </PageSection>
  );
}
