import {
  type ContainerOrder,
  containerReport,
  type OrderedAction,
  orderedActions,
  releaseResponse,
  respondToContainer,
  showContainerOrders,
  showHostRuntime,
} from "@pratique/api";
import type { StoredCommand, StoredContainer } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { agentCommand, tellAgent } from "../fleet/commands.ts";
import { detectionEntryOf } from "../runtime/project-runtime.ts";
import { findContainer } from "./container-routes.ts";
import { refuseRevoked } from "./host-routes.ts";

const MAX_ORDERS = 20;
/** Of these nothing runs that could be acted on. */
const ended: ReadonlySet<string> = new Set(["created", "exited", "dead", "removing"]);
/** What the sensor calls its programs for channels. */
const CHANNEL_PROGRAM = "channel/egress";

/** What people have done about containers, and what came of it. */
export function bindOrders(binder: Binder, context: Context): void {
  const { store, now } = context;

  /** The container, where its agent can still be told something. */
  const findToTell = async (containerId: string): Promise<StoredContainer> => {
    const found = await findContainer(store, containerId);
    const identity = await store.fleet.identities.find(found.host);
    if (identity !== undefined) refuseRevoked(identity);
    return found;
  };

  /** By the host's own id, which is what its agent calls it. */
  const detectionOf = async (id: string, container: StoredContainer): Promise<string> => {
    const found = await store.runtime.detections.find(id);
    const isOfIt = found?.host === container.host && detectionEntryOf(found).containerId === container.id;
    if (isOfIt) return found.detection;
    throw new ServerError("NOT_FOUND", `no detection ${JSON.stringify(id)} was recorded in this container`);
  };

  binder.bind(respondToContainer, async ({ params, body, caller }) => {
    const container = await findToTell(params.containerId);
    const { host, id } = container;
    const { detection, ...ordered } = body;
    const answers = detection === undefined ? undefined : await detectionOf(detection, container);
    const obstacle = obstacleTo(ordered.action, await placeOf(context, container));
    if (obstacle !== "") throw new ServerError("CONFLICT", obstacle);
    const task = {
      kind: "respond",
      containerId: id,
      ...ordered,
      by: caller.name,
      ...(answers !== undefined && { answers }),
    } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });

  binder.bind(releaseResponse, async ({ params, body, caller }) => {
    const { host, id } = await findToTell(params.containerId);
    const { act } = body;
    const task = {
      kind: "release-response",
      containerId: id,
      ...(act !== undefined && { act }),
      by: caller.name,
    } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });

  binder.bind(showContainerOrders, async ({ params }) => {
    const container = await findContainer(store, params.containerId);
    const place = await placeOf(context, container);
    const actions = orderedActions.map((action) => ({ action, obstacle: obstacleTo(action, place) }));
    const told = await store.fleet.commands.aboutContainer(container.host, container.id, MAX_ORDERS);
    const orders = told
      .map((each) => orderOf(each, container.id, now()))
      .filter((each) => each !== undefined);
    return { actions, orders };
  });
}

/** What is known here of whether a container can be acted on. */
interface Place {
  readonly container: ReturnType<typeof containerReport.parse>;
  readonly host: string;
  /** Null where its host has told nothing of what runs. */
  readonly sensor: ReturnType<typeof showHostRuntime.reply.parse>["sensor"];
}

async function placeOf({ store }: Context, { host, document }: StoredContainer): Promise<Place> {
  const runtime = await store.runtime.reports.ofHost(host);
  // A report that an earlier version took tells nothing: the agent sends the next one within seconds.
  const told = showHostRuntime.reply.safeParse(runtime).data;
  return { host, container: containerReport.parse(document), sensor: told?.sensor ?? null };
}

/** Why an action cannot be done there; empty where it can, as far as is known here: the agent has the last word. */
function obstacleTo(action: OrderedAction, { container, host, sensor }: Place): string {
  const { name, state, hostNamespaces = [] } = container;
  if (ended.has(state)) return `${name} does not run: its engine calls it ${state}`;
  // The engine kills without a sensor.
  if (action === "kill") return "";
  if (sensor === null || sensor.state === "off" || sensor.state === "failed") {
    const why = sensor === null || sensor.detail === "" ? "" : ` (${sensor.detail})`;
    return `no sensor runs on ${host}${why}: without one, containers there can only be killed`;
  }
  const canCut = sensor.primitives.some(
    ({ name: primitive, state: loaded }) => primitive === CHANNEL_PROGRAM && loaded === "on",
  );
  if (canCut || sensor.state === "starting") return "";
  if (action === "cut") return `the sensor of ${host} has no programs for channels`;
  if (action === "quarantine" && hostNamespaces.includes("network"))
    return `${name} is in the network of ${host}, whose sensor has no programs for channels`;
  return "";
}

/** Undefined for what is no order about this container. */
function orderOf(command: StoredCommand, containerId: string, nowMs: number): ContainerOrder | undefined {
  const { id, document, createdBy, createdAt, expiresAt, detail, finishedAt } = command;
  // What an earlier version told is not of interest any more.
  const task = agentCommand.safeParse(document).data;
  if (task === undefined || (task.kind !== "respond" && task.kind !== "release-response")) return undefined;
  if (task.containerId !== containerId) return undefined;
  const isLate = finishedAt === null && Date.parse(expiresAt) <= nowMs;
  const about = { id, askedBy: createdBy, askedAt: createdAt, finishedAt };
  const came = {
    state: isLate ? "expired" : command.state,
    detail: isLate ? lateWords(command) : detail,
  } as const;
  if (task.kind === "release-response") return { ...about, kind: "release", reason: "", ...came };
  const { action, peers, reason } = task;
  return { ...about, kind: "respond", action, ...(peers !== undefined && { peers }), reason, ...came };
}

function lateWords({ host, state }: StoredCommand): string {
  return state === "queued"
    ? `${host} did not take it in time: nothing will be done by it`
    : `${host} took it, and did not say in time what came of it`;
}
