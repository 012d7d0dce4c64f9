import type { RuntimeContainer } from "@pratique/core";
import { ResponseError } from "@pratique/response";
import type { TrackedContainer } from "@pratique/sensor";
import { runtimeContainerOf } from "./detections/detection-of.ts";

/** What of a container it is found by. */
type Known = Pick<TrackedContainer, "identity" | "details">;

/** A beginning of a container's id that is shorter is nobody's. */
const MIN_PREFIX = 4;
/** An id as Docker, Podman and containerd's CRI make them. */
const WHOLE_ID = /^[0-9a-f]{64}$/u;

/**
 * The container that somebody means by its id, its name or the beginning of its id, in this order. What has the form of
 * a whole id is one: whoever starts a container may call it like another's. Throws `CONTAINER_UNKNOWN`.
 */
export function containerNamed(named: string, containers: Iterable<Known>): RuntimeContainer {
  const all = [...containers];
  const byId = all.filter(({ identity }) => identity.id === named);
  const byName = all.filter(({ details }) => details?.name === named);
  const byBeginning = all.filter(
    ({ identity }) => named.length >= MIN_PREFIX && identity.id.startsWith(named),
  );
  const ways = WHOLE_ID.test(named) ? [byId] : [byId, byName, byBeginning];
  const [one, ...others] = ways.find(({ length }) => length > 0) ?? [];
  if (one === undefined) {
    throw new ResponseError("CONTAINER_UNKNOWN", `no container ${JSON.stringify(named)} runs on this host`);
  }
  if (others.length > 0) {
    throw new ResponseError(
      "CONTAINER_UNKNOWN",
      `${JSON.stringify(named)} may be any of ${others.length + 1} containers: give the id`,
    );
  }
  const container = runtimeContainerOf(one.details);
  if (container !== undefined) return container;
  throw new ResponseError(
    "CONTAINER_UNKNOWN",
    `nothing is known yet of the container ${JSON.stringify(named)}: try again`,
  );
}
