import type { DetectionEntry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { containerIdOf } from "../containers/container-columns.tsx";
import type { Column } from "../lists/list-table.tsx";
import { Name } from "../name.tsx";
import { Reference } from "../reference.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { DetectionOutcome } from "./detection-outcome.tsx";
import { ReviewStateLabel } from "./detection-review.tsx";
import { PriorityLabel } from "./priority-label.tsx";

const time: Column<DetectionEntry> = {
  label: "Time",
  cell: (detection) => <RelativeTime time={detection.time} />,
};

const priority: Column<DetectionEntry> = {
  label: "Priority",
  cell: (detection) => <PriorityLabel priority={detection.priority} />,
};

const rule: Column<DetectionEntry> = {
  label: "Rule",
  cell: ({ id, rule: name, output }) => (
    <>
      <Link to="/detections/$detectionId" params={{ detectionId: id }} className="strong break">
        {name}
      </Link>
      <div className="subtle break clamp">{output}</div>
    </>
  ),
};

const container: Column<DetectionEntry> = {
  label: "Container",
  cell: (detection) => <DetectionContainer detection={detection} />,
};

const image: Column<DetectionEntry> = {
  label: "Image",
  cell: (detection) => <DetectionImage detection={detection} />,
};

const outcome: Column<DetectionEntry> = {
  label: "Outcome",
  cell: (detection) => <DetectionOutcome outcome={detection.outcome} />,
};

const state: Column<DetectionEntry> = {
  label: "State",
  cell: (detection) => <ReviewStateLabel state={detection.state} />,
};

/** Detections of any host, in which something ran. */
export const detectionColumns = [time, priority, rule, container, image, outcome, state];

/** Detections in one container. */
export const detectionColumnsOfContainer = [time, priority, rule, outcome];

/** The container of a detection with its host, and the way to it. */
export function DetectionContainer({ detection }: { readonly detection: DetectionEntry }) {
  const { container: name, containerId, host } = detection;
  if (containerId === undefined) {
    return (
      <>
        <span className="nowrap">the host itself</span>
        <div className="subtle">
          <Name text={host} />
        </div>
      </>
    );
  }
  return (
    <>
      <Link
        to="/containers/$containerId"
        params={{ containerId: containerIdOf({ host, id: containerId }) }}
        search={{ tab: "live" }}
        className="break"
      >
        {name}
      </Link>
      <div className="subtle">
        <Name text={host} />
      </div>
    </>
  );
}

/** The image of a detection's container, and the way to it where it is known. */
export function DetectionImage({
  detection: { image: reference, imageId },
}: {
  readonly detection: DetectionEntry;
}) {
  if (reference === "") return <span className="subtle">none</span>;
  if (imageId === undefined) return <Reference text={reference} />;
  return (
    <Link to="/images/$imageId" params={{ imageId }}>
      <Reference text={reference} />
    </Link>
  );
}
