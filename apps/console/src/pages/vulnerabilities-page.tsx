import { listVulnerabilities } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { vulnerabilityColumns } from "../parts/findings/finding-columns.tsx";
import { findingFilters } from "../parts/findings/finding-filters.ts";
import { FindingViews } from "../parts/findings/finding-views.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { Empty } from "../parts/states.tsx";

const route = getRouteApi("/app/findings/vulnerabilities");
const source = listSource(listVulnerabilities);

/** The vulnerabilities that were found, each once. */
export function VulnerabilitiesPage() {
  return (
    <ListPage
      label="Vulnerabilities"
      lead="What was found in the images of all hosts, each vulnerability once"
      above={<FindingViews current="/findings/vulnerabilities" />}
      source={source}
      address={route.useSearch()}
      columns={vulnerabilityColumns}
      filters={findingFilters}
      standardOrder={{ sort: "severity", order: "desc" }}
      keyOf={({ id }) => id}
      empty={
        <Empty title="Nothing was found yet" command="docker pull nginx:1.27">
          Vulnerabilities show here as soon as an image is scanned: a host that is watched scans each that it
          gets.
        </Empty>
      }
    />
  );
}
