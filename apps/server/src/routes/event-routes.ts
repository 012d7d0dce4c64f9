import { holdsAnywhere, shows, visibility } from "@pratique/access";
import { type ChangeEvent, streamEvents } from "@pratique/api";
import type { Permission } from "@pratique/core";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import type { Hearing } from "../event-streams.ts";

/** The stream of changes. */
export function bindEvents(binder: Binder, { store, streams, asOfNow }: Context): void {
  binder.bind(streamEvents, async ({ caller, http }) => {
    if (http === undefined) return undefined;
    const { request, reply } = http;
    const { account } = caller.principal;
    // Before the reader hears that the stream is open: nothing that happens from then on is missed.
    const after = sequenceIn(request.headers["last-event-id"]) ?? (await store.changes.last());
    if (streams.isFullFor(account))
      throw new ServerError("TOO_MANY_REQUESTS", "too many event streams are open");
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    streams.open(reply.raw, {
      after,
      account,
      hearing: async () => {
        const now = await asOfNow(caller);
        return now && hearingOf(now);
      },
    });
    return undefined;
  });
}

/** What somebody must be allowed to read in order to hear that it has changed. */
const readPermissions: Readonly<Record<Exclude<ChangeEvent["kind"], "reset">, readonly Permission[]>> = {
  image: ["images.read", "findings.read"],
  "newly-affected": ["findings.read"],
  launch: ["launches.read"],
  host: ["hosts.read"],
  containers: ["containers.read"],
  detection: ["detections.read"],
  runtime: ["runtime.read"],
  policy: ["policies.read"],
  exception: ["exceptions.read"],
  approval: ["approvals.read", "approvals.decide"],
  access: ["accounts.read", "roles.read", "tokens.read"],
  settings: ["settings.read"],
  registry: ["registries.read"],
};

/** Who sees a part of the fleet hears that something has changed, and not the name of what. */
function hearingOf({ principal }: Caller): Hearing | undefined {
  const { permission } = streamEvents;
  if (!holdsAnywhere(principal, permission)) return undefined;
  return {
    namesSubjects: shows(visibility(principal, permission), {}),
    hears: (kind) =>
      kind === "reset" || readPermissions[kind].some((needed) => holdsAnywhere(principal, needed)),
  };
}

function sequenceIn(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
