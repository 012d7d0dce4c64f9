import { listResponses } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { DetectionViews } from "../parts/detections/detection-views.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { responseColumns } from "../parts/responses/response-columns.tsx";
import { Empty } from "../parts/states.tsx";
import { shortDigest } from "../text/format.ts";

const route = getRouteApi("/app/detections/responses");
const source = listSource(listResponses);

const filters: readonly ListFilter[] = [
  { kind: "given", name: "host", label: "Host" },
  { kind: "given", name: "containerId", label: "Container", show: shortDigest },
];

/** What was done about containers after something was detected in them. */
export function ResponsesPage() {
  return (
    <ListPage
      label="Responses"
      lead="What hosts did about containers: cut off, frozen, stopped, and undone again"
      above={<DetectionViews current="/detections/responses" />}
      source={source}
      address={route.useSearch()}
      columns={responseColumns}
      filters={filters}
      keyOf={({ id }) => id}
      empty={
        <Empty title="Nothing was done yet" command="pratique selftest">
          A policy of responses says what happens to a container that does what it must not. This tries
          harmless attacks on a host, and shows what comes of each.
        </Empty>
      }
    />
  );
}
