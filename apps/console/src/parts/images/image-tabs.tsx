import { EmptyState } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import {
  type ImageDetail,
  listContainers,
  listImageFindings,
  listImagePackages,
  listLaunches,
} from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { type ItemOf, listSource } from "../../api/list-source.ts";
import { csvRows } from "../../text/csv.ts";
import { shortDigest } from "../../text/format.ts";
import { containerColumnsOfImage, containerIdOf, containerOrder } from "../containers/container-columns.tsx";
import { baseWords, imageFindingColumns } from "../findings/finding-columns.tsx";
import { launchColumns } from "../launches/launch-columns.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import type { ListFilter } from "../lists/list-filters.tsx";
import { ListPanel } from "../lists/list-panel.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { SeverityCounts, severityOrWorse } from "../severity-label.tsx";
import { Empty } from "../states.tsx";
import { useListAddress } from "../use-address.ts";
import { LicenseLabel, licenseCategoryOptions } from "./license-label.tsx";

interface ImageTabProps {
  readonly detail: ImageDetail;
}

/** The findings of an image, the most urgent first. */
export function ImageFindings({ detail }: ImageTabProps) {
  const [address, change] = useListAddress(listImageFindings);
  return (
    <ListPanel
      label="Findings"
      source={listSource(listImageFindings, { params: { imageId: detail.image.imageId } })}
      address={address}
      onAddress={change}
      columns={imageFindingColumns(detail.image.imageId)}
      filters={[
        { kind: "search", name: "text", label: "Find findings" },
        {
          kind: "choice",
          name: "severity",
          label: "Severity",
          anyText: "Any severity",
          options: severityOrWorse,
        },
        { kind: "switch", name: "fixable", label: "With a fix" },
        { kind: "switch", name: "fromBase", label: "Of the base image" },
      ]}
      keyOf={(finding) =>
        [finding.id, finding.packageType, finding.packageName, finding.packageVersion, finding.paths[0]].join(
          " ",
        )
      }
      empty={<NoFindings detail={detail} />}
    />
  );
}

function NoFindings({ detail: { image } }: ImageTabProps) {
  if (image.assessment !== "complete") {
    return <p>Nothing was found in what could be assessed. That is not a clean bill of health.</p>;
  }
  return (
    <EmptyState
      variant="sm"
      status="success"
      icon={CheckCircleIcon}
      titleText="No known vulnerabilities"
      headingLevel="h2"
    />
  );
}

const packageColumns: readonly Column<ItemOf<typeof listImagePackages>>[] = [
  {
    label: "Package",
    cell: ({ name, type }) => (
      <>
        <span className="strong break">{name}</span> <span className="subtle">{type}</span>
      </>
    ),
  },
  { label: "Version", cell: ({ version }) => <span className="break">{version}</span> },
  { label: "Source", cell: ({ source }) => <span className="break">{source ?? ""}</span> },
  {
    label: "Licenses",
    cell: ({ licenses = [], licenseCategory }) => (
      <>
        <span className="break">{licenses.join(", ")}</span>{" "}
        {licenseCategory !== undefined && <LicenseLabel category={licenseCategory} />}
      </>
    ),
  },
  {
    label: "Layer",
    cell: ({ layer }) => (layer === undefined ? "" : <code title={layer}>{shortDigest(layer)}</code>),
  },
  {
    label: "Findings",
    cell: ({ findings }) => <SeverityCounts counts={findings} assessment="complete" />,
  },
];

const packageFilters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find packages" },
  { kind: "search", name: "license", label: "Find by license" },
  {
    kind: "choice",
    name: "licenseCategory",
    label: "License",
    anyText: "Any license",
    options: licenseCategoryOptions,
  },
];

/** The packages of an image. */
export function ImagePackages({ detail: { image } }: ImageTabProps) {
  const [address, change] = useListAddress(listImagePackages);
  return (
    <ListPanel
      label="Packages"
      source={listSource(listImagePackages, { params: { imageId: image.imageId } })}
      address={address}
      onAddress={change}
      columns={packageColumns}
      filters={packageFilters}
      keyOf={({ purl, layer, paths }) => [purl, layer, paths[0]].join(" ")}
      empty={<p>No package was found in it.</p>}
    />
  );
}

type Layer = ImageDetail["layers"][number];

const layerColumns: readonly Column<Layer>[] = [
  { label: "Layer", cell: ({ digest }) => <code className="break">{digest}</code> },
  {
    label: "Instruction",
    cell: ({ instruction }) =>
      instruction === undefined ? (
        <span className="subtle">not told</span>
      ) : (
        <code className="break">{instruction}</code>
      ),
  },
  { label: "Brought by", cell: ({ fromBase }) => baseWords(fromBase) },
  { label: "Packages", cell: ({ packages }) => packages.toLocaleString("en") },
  { label: "Findings", cell: ({ findings }) => findings.toLocaleString("en") },
];

const layerCells = {
  digest: ({ digest }: Layer) => digest,
  instruction: ({ instruction = "" }: Layer) => instruction,
  broughtBy: ({ fromBase }: Layer) => baseWords(fromBase),
  packages: ({ packages }: Layer) => packages,
  findings: ({ findings }: Layer) => findings,
};

/** The layers of an image. */
export function ImageLayers({ detail: { layers } }: ImageTabProps) {
  if (layers.length === 0) return <p>The report names no layers: a root file system has none.</p>;
  return (
    <CsvHere fileName="layers" rows={csvRows(layers, layerCells)}>
      <ListTable
        label="Layers, lowest first"
        columns={layerColumns}
        items={layers}
        keyOf={({ digest }) => digest}
      />
    </CsvHere>
  );
}

/** Where an image lies, and the containers that run it. */
export function ImagePlaces({ detail: { image, hosts } }: ImageTabProps) {
  const [address, change] = useListAddress(listContainers);
  return (
    <div className="panel">
      <p>
        {hosts.length === 0 ? "No host has reported that it lies there." : "It lies on "}
        {hosts.map((host, index) => (
          <span key={host}>
            {index > 0 && ", "}
            <Link to="/hosts/$host" params={{ host }}>
              {host}
            </Link>
          </span>
        ))}
      </p>
      <ListPanel
        label="Containers"
        source={listSource(listContainers, { query: { imageId: image.imageId } })}
        address={address}
        onAddress={change}
        columns={containerColumnsOfImage}
        standardOrder={containerOrder}
        keyOf={containerIdOf}
        empty={<p>No container was made from it.</p>}
      />
    </div>
  );
}

/** What was decided about launches of an image. */
export function ImageLaunches({ detail: { image } }: ImageTabProps) {
  const [address, change] = useListAddress(listLaunches);
  return (
    <ListPanel
      label="Verdicts"
      source={listSource(listLaunches, { query: { imageId: image.imageId } })}
      address={address}
      onAddress={change}
      columns={launchColumns}
      keyOf={({ id }) => id}
      empty={
        <Empty title="It was not launched yet" command={`pratique image check ${image.reference}`}>
          This tells whether it would be let through.
        </Empty>
      }
    />
  );
}
