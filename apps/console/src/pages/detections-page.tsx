import { PageSection } from "@patternfly/react-core";
import { listDetections, showDetectionTimeline } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { readQuery } from "../api/queries.ts";
import { TimeRange } from "../parts/audit/audit-time-range.tsx";
import { DetectionChart } from "../parts/detections/detection-chart.tsx";
import { detectionColumns } from "../parts/detections/detection-columns.tsx";
import { detectionOutcomeOptions } from "../parts/detections/detection-outcome.tsx";
import { DetectionViews } from "../parts/detections/detection-views.tsx";
import { priorityOrMore } from "../parts/detections/priority-label.tsx";
import { useHostFilter } from "../parts/hosts/use-host-filter.ts";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { Empty } from "../parts/states.tsx";
import { useAddressChange } from "../parts/use-address.ts";
import { techniqueName } from "../text/attack-techniques.ts";
import { formatTime, shortDigest } from "../text/format.ts";
import { reviewStateOptions } from "../text/review-words.ts";
import { withChosen } from "../text/with-chosen.ts";

const route = getRouteApi("/app/detections");
const source = listSource(listDetections);
const HOURS_OF_TECHNIQUES = 168;

/** What rules detected in containers and on hosts while they ran. */
export function DetectionsPage() {
  const { span = "24h", ...address } = route.useSearch();
  const change = useAddressChange();
  return (
    <ListPage
      label="Detections"
      lead="What happened in running containers and should not, newest first"
      source={source}
      address={address}
      columns={detectionColumns}
      filters={useFilters(address)}
      keyOf={({ id }) => id}
      actions={<TimeRange address={address} onAddress={change} />}
      above={
        <>
          <DetectionViews current="/detections" />
          <PageSection>
            <DetectionChart
              span={span}
              onSpan={(next) => change({ span: next === "24h" ? undefined : next })}
              onChoose={({ from, to }) =>
                change({ from, to, cursor: undefined, page: undefined }, { push: true })
              }
            />
          </PageSection>
        </>
      }
      empty={
        <Empty title="Nothing was detected yet" command="pratique selftest">
          Agents watch what runs and tell here what their rules detect. This tries harmless attacks on a host,
          and shows what is detected there.
        </Empty>
      }
    />
  );
}

interface Narrowed {
  readonly tag?: string | undefined;
  readonly host?: string | undefined;
}

/** The techniques are those of the last days, and the hosts those that one may see; an address may name others. */
function useFilters({ tag, host }: Narrowed): readonly ListFilter[] {
  const timeline = useQuery(readQuery(showDetectionTimeline, { query: { hours: HOURS_OF_TECHNIQUES } }));
  const techniques = (timeline.data?.techniques ?? []).map(({ technique }) => technique).toSorted();
  return [
    { kind: "search", name: "text", label: "Find detections" },
    {
      kind: "choice",
      name: "priority",
      label: "Priority",
      anyText: "Any priority",
      options: priorityOrMore,
    },
    {
      kind: "choice",
      name: "outcome",
      label: "Outcome",
      anyText: "Any outcome",
      options: detectionOutcomeOptions,
    },
    {
      kind: "choice",
      name: "tag",
      label: "Technique",
      anyText: "Any technique",
      options: withChosen(techniques, tag).map((value) => ({
        value,
        text: `${value} ${techniqueName(value)}`.trimEnd(),
      })),
    },
    useHostFilter(host),
    {
      kind: "choice",
      name: "looked",
      label: "Looked at",
      anyText: "Looked at or not",
      options: [
        { value: "false", text: "Nobody has looked at" },
        { value: "true", text: "Looked at" },
      ],
    },
    {
      kind: "choice",
      name: "state",
      label: "State",
      anyText: "Any state",
      options: reviewStateOptions,
    },
    { kind: "given", name: "containerId", label: "Container", show: shortDigest },
    { kind: "given", name: "imageId", label: "Image", show: shortDigest },
    { kind: "given", name: "rule", label: "Rule" },
    { kind: "given", name: "from", label: "From", show: formatTime },
    { kind: "given", name: "to", label: "Until", show: formatTime },
  ];
}
