import { listImages } from "@pratique/api";
import { getRouteApi } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { imageColumns } from "../parts/images/image-columns.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { severityOrWorse } from "../parts/severity-label.tsx";
import { Empty } from "../parts/states.tsx";

const route = getRouteApi("/app/images");
const source = listSource(listImages);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find images" },
  {
    kind: "choice",
    name: "severity",
    label: "Severity",
    anyText: "Any severity",
    options: severityOrWorse,
  },
  {
    kind: "choice",
    name: "assessment",
    label: "Assessment",
    anyText: "Any assessment",
    options: [
      { value: "complete", text: "Complete" },
      { value: "not-complete", text: "Not complete" },
      { value: "partial", text: "In part" },
      { value: "none", text: "Not at all" },
    ],
  },
  {
    kind: "choice",
    name: "verdict",
    label: "Last verdict",
    anyText: "Any verdict",
    options: [
      { value: "deny", text: "Denied" },
      { value: "allow", text: "Allowed" },
      { value: "none", text: "Not launched" },
    ],
  },
  {
    kind: "choice",
    name: "disputed",
    label: "Reports of hosts",
    anyText: "Any reports",
    options: [
      { value: "true", text: "Contradict" },
      { value: "false", text: "Agree" },
    ],
  },
];

/** All images that were scanned. */
export function ImagesPage() {
  return (
    <ListPage
      label="Images"
      lead="Every image that was scanned, on any host"
      source={source}
      address={route.useSearch()}
      columns={imageColumns}
      filters={filters}
      standardOrder={{ sort: "severity", order: "desc" }}
      keyOf={({ imageId }) => imageId}
      empty={
        <Empty title="No image was scanned yet" command="docker pull nginx:1.27">
          A host that is watched scans each image that it has or gets; registries are scanned as well.
        </Empty>
      }
    />
  );
}
