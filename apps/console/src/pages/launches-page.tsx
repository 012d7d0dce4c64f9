import {
  Card,
  CardBody,
  Drawer,
  DrawerActions,
  DrawerCloseButton,
  DrawerContent,
  DrawerContentBody,
  DrawerHead,
  DrawerPanelBody,
  DrawerPanelContent,
  PageSection,
  Title,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { type LaunchFilter, launchesQuery, launchQuery } from "../api/queries.ts";
import { Choice } from "../parts/choice.tsx";
import { LaunchPanel } from "../parts/launch-panel.tsx";
import { LaunchTable } from "../parts/launch-table.tsx";
import { More } from "../parts/more.tsx";
import { Read } from "../parts/read.tsx";
import { SearchField } from "../parts/search-field.tsx";
import { Empty, NothingFits } from "../parts/states.tsx";

const PAGE = 50;
const route = getRouteApi("/app/launches");

const outcomes = [
  { value: "denied", text: "Denied" },
  { value: "observed", text: "Would be denied" },
  { value: "warned", text: "Warned" },
  { value: "allowed", text: "Allowed" },
] as const;

/** All launches that were judged; the one that is chosen opens beside the list. */
export function LaunchesPage({ launchId }: { readonly launchId?: string }) {
  const navigate = route.useNavigate();
  const close = () => void navigate({ to: "/launches", search: (search) => search });
  return (
    <Drawer isExpanded={launchId !== undefined} isInline position="end">
      <DrawerContent panelContent={launchId !== undefined && <Detail launchId={launchId} onClose={close} />}>
        <DrawerContentBody>
          <PageSection>
            <Title headingLevel="h1">Launches</Title>
          </PageSection>
          <PageSection isFilled>
            <Card>
              <CardBody>
                <Launches selectedId={launchId} />
              </CardBody>
            </Card>
          </PageSection>
        </DrawerContentBody>
      </DrawerContent>
    </Drawer>
  );
}

function Launches({ selectedId }: { readonly selectedId: string | undefined }) {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: LaunchFilter) => void navigate({ search: (search) => ({ ...search, ...part }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string) => change({ text: text === "" ? undefined : text }), [change]);
  const launches = useInfiniteQuery(launchesQuery(filter, PAGE));
  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ToolbarItem>
            <SearchField label="Find launches" value={filter.text ?? ""} onSearch={search} />
          </ToolbarItem>
          <ToolbarItem>
            <Choice
              label="Verdict"
              anyText="Any verdict"
              options={outcomes}
              value={filter.outcome}
              onChoose={(outcome) => change({ outcome })}
            />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <Read query={launches} what="launches">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0 && (filter.text ?? filter.outcome) !== undefined) {
            return <NothingFits onClear={() => void navigate({ search: {} })} />;
          }
          if (items.length === 0) {
            return (
              <Empty title="Nothing was launched yet" command="docker run --rm alpine:3.20 true">
                Every launch on this host is judged and shown here, with the reasons.
              </Empty>
            );
          }
          return (
            <>
              <LaunchTable launches={items} selectedId={selectedId} />
              <More
                shown={items.length}
                total={pages[0]?.total ?? items.length}
                noun="launch"
                plural="launches"
                isLoading={launches.isFetchingNextPage}
                onMore={() => void launches.fetchNextPage()}
              />
            </>
          );
        }}
      </Read>
    </>
  );
}

interface DetailProps {
  readonly launchId: string;
  readonly onClose: () => void;
}

function Detail({ launchId, onClose }: DetailProps) {
  const launch = useQuery(launchQuery(launchId));
  return (
    <DrawerPanelContent widths={{ default: "width_50", xl: "width_33" }} aria-labelledby="launch-title">
      <DrawerHead>
        <Title headingLevel="h2" size="lg" id="launch-title">
          {launch.data?.container || "Launch"}
        </Title>
        <DrawerActions>
          <DrawerCloseButton aria-label="Close" onClick={onClose} />
        </DrawerActions>
      </DrawerHead>
      <DrawerPanelBody>
        <Read query={launch} what="the launch">
          {(known) => <LaunchPanel launch={known} />}
        </Read>
      </DrawerPanelBody>
    </DrawerPanelContent>
  );
}
