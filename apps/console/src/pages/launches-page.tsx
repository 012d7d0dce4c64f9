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
} from "@patternfly/react-core";
import { type LaunchEntry, listLaunches, showLaunch } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { listSource } from "../api/list-source.ts";
import { readQuery } from "../api/queries.ts";
import { launchColumns, narrowLaunchColumns } from "../parts/launches/launch-columns.tsx";
import { LaunchPanel } from "../parts/launches/launch-panel.tsx";
import { outcomeOptions } from "../parts/launches/verdict-label.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPanel } from "../parts/lists/list-panel.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { Empty } from "../parts/states.tsx";
import { useAddressChange } from "../parts/use-address.ts";
import { formatTime, shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/launches");
const source = listSource(listLaunches);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find launches" },
  { kind: "choice", name: "outcome", label: "Verdict", anyText: "Any verdict", options: outcomeOptions },
  { kind: "given", name: "host", label: "Host" },
  { kind: "given", name: "rule", label: "Rule" },
  { kind: "given", name: "imageId", label: "Image", show: shortDigest },
  { kind: "given", name: "from", label: "From", show: formatTime },
  { kind: "given", name: "to", label: "Until", show: formatTime },
];

/** All launches that were judged; the one that is chosen opens beside the list. */
export function LaunchesPage() {
  const { launchId } = useParams({ strict: false });
  const navigate = route.useNavigate();
  const chosen = useQuery({
    ...readQuery(showLaunch, { params: { launchId: launchId ?? "" } }),
    enabled: launchId !== undefined,
  });
  // The keyboard goes on from the launch that was open.
  const close = async () => {
    const link = document.querySelector<HTMLElement>("td a[aria-current=page]");
    await navigate({ to: "/launches", search: (search) => search });
    link?.focus();
  };
  return (
    <Drawer isExpanded={launchId !== undefined} isInline position="end">
      <DrawerContent
        panelContent={
          launchId !== undefined && <Detail key={launchId} launchId={launchId} onClose={() => void close()} />
        }
      >
        <DrawerContentBody>
          <PageHead
            title="Launches"
            part={launchId === undefined ? undefined : nameOf(chosen.data)}
            lead="Every container that somebody wanted to start, and what was decided"
          />
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
  return (
    <ListPanel
      label="Launches"
      source={source}
      address={route.useSearch()}
      onAddress={useAddressChange()}
      columns={selectedId === undefined ? launchColumns : narrowLaunchColumns}
      filters={filters}
      keyOf={({ id }) => id}
      isSelected={({ id }) => id === selectedId}
      empty={
        <Empty title="Nothing was launched yet" command="docker run --rm alpine:3.20 true">
          Every launch on a host with a gate is judged and shown here, with the reasons.
        </Empty>
      }
    />
  );
}

function nameOf(launch: LaunchEntry | undefined): string {
  return launch?.container || "Launch";
}

interface DetailProps {
  readonly launchId: string;
  readonly onClose: () => void;
}

function Detail({ launchId, onClose }: DetailProps) {
  const launch = useQuery(readQuery(showLaunch, { params: { launchId } }));
  const title = useRef<HTMLSpanElement>(null);
  // Whoever opened it from the list goes on from its title; a page that begins with it begins at its top.
  useEffect(() => {
    if (document.activeElement !== document.body) title.current?.focus();
  }, []);
  return (
    <DrawerPanelContent
      widths={{ default: "width_50", xl: "width_33" }}
      aria-labelledby="launch-title"
      onKeyDown={({ key }) => {
        if (key === "Escape") onClose();
      }}
    >
      <DrawerHead>
        <Title headingLevel="h2" size="lg" id="launch-title" className="break">
          <span tabIndex={-1} ref={title}>
            {nameOf(launch.data)}
          </span>
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
