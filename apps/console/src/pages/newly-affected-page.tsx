import { listNewlyAffected } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { FindingViews } from "../parts/findings/finding-views.tsx";
import { newlyAffectedColumns } from "../parts/findings/newly-affected-columns.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { severityOrWorse } from "../parts/severity-label.tsx";
import { Empty } from "../parts/states.tsx";
import { formatTime } from "../text/format.ts";

const route = getRouteApi("/app/findings/newly-affected");
const source = listSource(listNewlyAffected);

const filters: readonly ListFilter[] = [
  { kind: "choice", name: "severity", label: "Severity", anyText: "Any severity", options: severityOrWorse },
  { kind: "switch", name: "running", label: "Running" },
  { kind: "given", name: "since", label: "Since", show: formatTime },
];

/** The images that new advisories affect, those first that run. */
export function NewlyAffectedPage() {
  return (
    <ListPage
      label="Newly affected images"
      lead="Images that have not changed, but of whose packages advisories of the last 7 days tell something new"
      above={<FindingViews current="/findings/newly-affected" />}
      source={source}
      address={route.useSearch()}
      columns={newlyAffectedColumns}
      filters={filters}
      keyOf={({ imageId }) => imageId}
      empty={
        <Empty title="Nothing is newly affected" command="pratique advisories update">
          When new advisories tell of packages in images that are known, these show here, without a new scan.
        </Empty>
      }
    />
  );
}
