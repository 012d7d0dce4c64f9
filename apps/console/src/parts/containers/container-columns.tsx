import { Label } from "@patternfly/react-core";
import type { Container } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { shortDigest } from "../../text/format.ts";
import type { Column, ListOrder } from "../lists/list-table.tsx";
import { Name } from "../name.tsx";
import { Reference } from "../reference.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { SeverityCounts } from "../severity-label.tsx";
import { ContainerState } from "./container-state.tsx";

/** How a container is named in addresses: ids are only unique on one host. */
export function containerIdOf({ host, id }: Pick<Container, "host" | "id">): string {
  return `${host}~${id}`;
}

const name: Column<Container> = {
  label: "Container",
  sort: "name",
  cell: (container) => (
    <>
      <Link
        to="/containers/$containerId"
        params={{ containerId: containerIdOf(container) }}
        className="strong break"
      >
        {container.name === "" ? shortDigest(container.id) : container.name}
      </Link>
      <div className="subtle">{shortDigest(container.id)}</div>
    </>
  ),
};

const host: Column<Container> = {
  label: "Host",
  sort: "host",
  cell: (container) => (
    <Link to="/hosts/$host" params={{ host: container.host }}>
      <Name text={container.host} />
    </Link>
  ),
};

const image: Column<Container> = {
  label: "Image",
  sort: "image",
  cell: (container) => <ContainerImage container={container} />,
};

const state: Column<Container> = {
  label: "State",
  sort: "state",
  cell: (container) => <ContainerState state={container.state} />,
};

const found: Column<Container> = {
  label: "Findings",
  sort: "severity",
  cell: (container) => <ContainerFindings container={container} isBrief />,
};

const rest: readonly Column<Container>[] = [
  { label: "Runs as", cell: (container) => <RunsAs container={container} /> },
  {
    label: "Started",
    sort: "started",
    cell: ({ startedAt }) =>
      startedAt === undefined ? <span className="subtle">never</span> : <RelativeTime time={startedAt} />,
  },
];

/** By name, as the server orders them by itself. */
export const containerOrder: ListOrder = { sort: "name", order: "asc" };

/** Containers of any host. */
export const containerColumns = [name, host, image, state, found, ...rest];

/** Containers of one host. */
export const containerColumnsOfHost = [name, image, state, found, ...rest];

/** Containers of one image. */
export const containerColumnsOfImage = [name, host, state, ...rest];

/** The image of a container, and the way to it where it was scanned. */
export function ContainerImage({ container }: { readonly container: Container }) {
  const { image: reference, imageId, assessment } = container;
  if (imageId === undefined || assessment === null) return <Reference text={reference} />;
  return (
    <Link to="/images/$imageId" params={{ imageId }}>
      <Reference text={reference} />
    </Link>
  );
}

interface ContainerFindingsProps {
  readonly container: Container;
  /** Only the worst of them. */
  readonly isBrief?: boolean;
}

/** What was found in a container's image. */
export function ContainerFindings({ container, isBrief = false }: ContainerFindingsProps) {
  const { severities, assessment } = container;
  if (severities === null || assessment === null) return <span className="subtle">image not scanned</span>;
  return <SeverityCounts counts={severities} assessment={assessment} isBrief={isBrief} />;
}

/** The user of a container, and whether it has all privileges of the host. */
export function RunsAs({ container: { user, privileged } }: { readonly container: Container }) {
  const isRoot = user === "" || user === "root" || /^0(?::|$)/u.test(user);
  return (
    <span className="label-row">
      <span className={isRoot ? "alarm" : "break"}>{isRoot ? "root" : user}</span>
      {privileged && (
        <Label isCompact color="red">
          privileged
        </Label>
      )}
    </span>
  );
}
