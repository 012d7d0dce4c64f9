import { streamEvents } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import type { EventStreams } from "../event-streams.ts";
import { SESSION_COOKIE } from "../guard.ts";

/** The stream of changes. */
export function bindEvents(binder: Binder, { store, now }: Context, streams: EventStreams): void {
  binder.bind(streamEvents, async ({ request, reply }) => {
    if (streams.full) throw new ServerError("TOO_MANY_REQUESTS", "too many event streams are open");
    const token = request.cookies[SESSION_COOKIE] ?? "";
    // Before the reader hears that the stream is open: nothing that happens from then on is missed.
    const after = sequenceIn(request.headers["last-event-id"]) ?? (await store.changes.last());
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    streams.open(reply.raw, {
      after,
      isAllowed: async () => (await store.sessions.findSession(token, now())) !== undefined,
    });
    return undefined;
  });
}

function sequenceIn(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
