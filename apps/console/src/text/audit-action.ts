import {
  type AgentCommand,
  agentEndpoints,
  type BodyOf,
  operatorEndpoints,
  publicEndpoints,
  type putOutcome,
} from "@pratique/api";

const summaries = new Map(
  [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints].map(({ id, summary }) => [id, summary]),
);

/** What the log tells of besides calls. */
const facts = new Map([
  ["advisories.applied", "New advisories were applied to the images that are known"],
  ["call.unfinished", "A call was begun whose end nobody knows: its server died"],
  ["clock.went-back", "The clock of the server is behind the log"],
  ["host.cloned", "Two programs use the key of one host"],
  ["image.disputed", "Hosts say different things of one image"],
  ["layers.differ", "Two hosts read different things in one layer"],
  ["log.heartbeat", "Nothing else happened meanwhile"],
  ["records.received", "Records of a host were taken in"],
  ["records.set-aside", "Records of a host could not be taken in, and were set aside"],
  ["registry.push-refused", "A push that was told of was not believed"],
  ["registry.pushed", "A registry told of a push"],
  ["server.started", "The server has started"],
  ["server.stopped", "The server was stopped"],
  ["session.started", "Somebody has signed in"],
  ["sign-in.refused", "Somebody who wanted to sign in was refused"],
]);

/** What a host was told to do, and what may come of that. */
const orders = {
  respond: "An order to act on a container",
  "release-response": "An order to undo what was done about a container",
  "scan-image": "An order to scan an image",
  "set-gate-mode": "An order to switch a gate",
  "set-profile-mode": "An order to change how a learned profile goes on",
  "decide-profile-item": "An order to decide on what is new in a learned profile",
} as const satisfies Record<AgentCommand["kind"], string>;

const ends = {
  done: "was carried out",
  failed: "failed",
  expired: "was not carried out in its time",
} as const satisfies Record<BodyOf<typeof putOutcome>["state"], string>;

const outcomes = new Map<string, string>(
  Object.entries(orders).flatMap(([kind, order]) =>
    Object.entries(ends).map(([state, end]) => [`${kind}.${state}`, `${order} ${end}`] as const),
  ),
);

/** What an entry of the log tells of, in words; what is not known here by its name. */
export function auditActionWords(action: string): string {
  // What follows the semicolon is for those who make the call.
  return summaries.get(action)?.split(";", 1)[0] ?? facts.get(action) ?? outcomes.get(action) ?? action;
}
