import { Badge, Nav, NavGroup, NavItem, PageSidebar, PageSidebarBody } from "@patternfly/react-core";
import { showDetectionTimeline } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { sumOf } from "../text/detection-buckets.ts";
import { urgentIn } from "../text/priorities.ts";
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
                        {to === "/detections" && <UrgentCount />}
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

const HOURS = 24;
/** What is a day old leaves without an event that says so. */
const LOOK_AGAIN_MS = 300_000;

/** How many urgent detections there were in the last day. */
function UrgentCount() {
  const timeline = useQuery({
    ...readQuery(showDetectionTimeline, { query: { hours: HOURS } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const urgent = urgentIn(sumOf((timeline.data?.hours ?? []).map(({ counts }) => counts)));
  if (urgent === 0) return null;
  return (
    <Badge className="place-count" screenReaderText="urgent in the last 24 hours">
      {urgent.toLocaleString("en")}
    </Badge>
  );
}
