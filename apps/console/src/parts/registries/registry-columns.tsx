import { Label, Progress, ProgressMeasureLocation } from "@patternfly/react-core";
import type { Registry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../../text/format.ts";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { RegistryActs } from "./registry-acts.tsx";
import { RegistryFault } from "./registry-fault.tsx";

const states = {
  paused: { color: "grey", text: "Paused" },
  "held-off": { color: "orange", text: "Held off" },
  listing: { color: "blue", text: "Being listed" },
  scanning: { color: "blue", text: "Being scanned" },
  failed: { color: "red", text: "Failed" },
  idle: { color: "green", text: "Done" },
} as const satisfies Record<Registry["state"], object>;

/** A registry, how far it is, and what is in its way. */
export const registryColumns: readonly Column<Registry>[] = [
  { label: "Registry", cell: (registry) => <Name registry={registry} /> },
  {
    label: "State",
    info: "Held off: it asked to wait, or cannot be reached. It goes on by itself",
    cell: (registry) => <State registry={registry} />,
  },
  { label: "Images", cell: (registry) => <Done registry={registry} /> },
  { label: "Listed", cell: (registry) => <Listed registry={registry} /> },
  { label: "What is wrong", cell: (registry) => <Wrong registry={registry} /> },
];

/** What somebody may do with a registry who may change it. */
export function registryActions(onEdit: (registry: Registry) => void): Column<Registry> {
  return {
    label: "Actions",
    cell: (registry) => <RegistryActs registry={registry} onEdit={onEdit} />,
  };
}

function Name({ registry: { id, name, address, path } }: RowProps) {
  return (
    <div className="name-of-registry">
      <Link to="/registries/queue" search={{ registry: id }} className="strong">
        {name}
      </Link>
      <div className="subtle break">{path === "" ? address : `${address}/${path}`}</div>
    </div>
  );
}

function State({ registry: { state, heldOffUntil } }: RowProps) {
  const { color, text } = states[state];
  return (
    <>
      <Label isCompact color={color}>
        {text}
      </Label>
      {heldOffUntil !== null && (
        <div className="subtle">
          until <RelativeTime time={heldOffUntil} />
        </div>
      )}
    </>
  );
}

function Done({ registry: { name, images } }: RowProps) {
  const { waiting, running, scanned, failed, absent } = images;
  const all = waiting + running + scanned + failed + absent;
  if (all === 0) return <span className="subtle">none listed yet</span>;
  const done = scanned + failed + absent;
  return (
    <>
      <Progress
        size="sm"
        aria-label={`Progress of ${name}`}
        value={done}
        max={all}
        measureLocation={ProgressMeasureLocation.top}
        className="progress-of-images"
        label={`${done.toLocaleString("en")} of ${all.toLocaleString("en")}`}
        valueText={`${done} of ${formatCount(all, "image")} are done`}
      />
      {running > 0 && <div className="subtle">{running} being scanned</div>}
    </>
  );
}

function Listed({ registry: { listedAt, nextListAt } }: RowProps) {
  return (
    <>
      {listedAt === null ? <span className="subtle">not yet</span> : <RelativeTime time={listedAt} />}
      {nextListAt !== null && (
        <div className="subtle">
          again <RelativeTime time={nextListAt} />
        </div>
      )}
    </>
  );
}

function Wrong({ registry: { id, images, error } }: RowProps) {
  return (
    <>
      <RegistryFault error={error} />
      {images.failed > 0 && (
        <Link to="/registries/queue" search={{ registry: id, state: "failed" }}>
          {formatCount(images.failed, "image")} failed
        </Link>
      )}
      {error === null && images.failed === 0 && <span className="subtle">nothing</span>}
    </>
  );
}

interface RowProps {
  readonly registry: Registry;
}
