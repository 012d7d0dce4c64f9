import { listFindings } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { fleetFindingColumns } from "../parts/findings/finding-columns.tsx";
import { findingFilters } from "../parts/findings/finding-filters.ts";
import { FindingViews } from "../parts/findings/finding-views.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { Empty } from "../parts/states.tsx";

const route = getRouteApi("/app/findings");
const source = listSource(listFindings);

/** The findings of all images, one by one. */
export function FindingsPage() {
  return (
    <ListPage
      label="Findings"
      lead="What is wrong with the images of all hosts, each finding once for each image"
      above={<FindingViews current="/findings" />}
      source={source}
      address={route.useSearch()}
      columns={fleetFindingColumns}
      filters={findingFilters}
      standardOrder={{ sort: "risk", order: "desc" }}
      keyOf={({ imageId, id, packageType, packageName, packageVersion }) =>
        [imageId, id, packageType, packageName, packageVersion].join(" ")
      }
      empty={
        <Empty title="Nothing was found yet" command="docker pull nginx:1.27">
          Findings show here as soon as an image is scanned: a host that is watched scans each that it gets.
        </Empty>
      }
    />
  );
}
