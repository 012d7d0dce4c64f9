import { Nav, NavGroup, NavItem, PageSidebar, PageSidebarBody } from "@patternfly/react-core";
import { Link, useLocation } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { placeGroups } from "./places.ts";
import type { Side } from "./side.ts";

/** The ways to every place that the session may see. */
export function AppNavigation({ side }: { readonly side: Side }) {
  const { pathname } = useLocation();
  const may = useMay();
  return (
    <PageSidebar isSidebarOpen={side.isOpen}>
      <PageSidebarBody>
        <Nav aria-label="Places">
          {placeGroups.map(({ title, places }) => {
            const open = places.filter(
              ({ needs }) => needs.length === 0 || needs.some((permission) => may(permission) !== undefined),
            );
            if (open.length === 0) return null;
            return (
              <NavGroup key={title} title={title}>
                {open.map(({ to, label }) => {
                  const isActive = to === "/" ? pathname === "/" : pathname.startsWith(to);
                  return (
                    <NavItem key={to} isActive={isActive} itemId={to}>
                      <Link to={to} aria-current={isActive ? "page" : undefined}>
                        {label}
                      </Link>
                    </NavItem>
                  );
                })}
              </NavGroup>
            );
          })}
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}
