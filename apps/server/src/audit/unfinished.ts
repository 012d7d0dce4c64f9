import { parseEntry, type TreeEvent } from "@pratique/audit";
import type { OpenCall, Store } from "@pratique/store";

/** The action of an entry that stands for an outcome which nobody recorded. */
export const UNFINISHED = "call.unfinished";

/** Calls that are looked at in one go; the rest waits for the next. */
const AT_ONCE = 1000;

export interface UnfinishedOptions {
  readonly store: Store;
  /** Whether no other server writes to the store: then what others have begun, the dead have begun. */
  readonly alone: boolean;
  /** This process. */
  readonly holder: string;
  readonly nowMs: number;
  /** Until when this process counts as alive. */
  readonly untilMs: number;
  readonly add: (event: TreeEvent) => Promise<unknown>;
}

/** Records for each call of a dead server that nobody knows what came of it. Gives how many there were. */
export async function closeUnfinished(options: UnfinishedOptions): Promise<number> {
  const { store, holder, nowMs, untilMs, add } = options;
  const { leases } = store.settings;
  await leases.take({ name: leaseOf(holder), holder }, { nowMs, untilMs });
  const open = (await store.audit.entries.openCalls(AT_ONCE)).filter((call) => call.holder !== holder);
  let closed = 0;
  for (const [dead, calls] of Map.groupBy(open, (call) => call.holder)) {
    const lease = { name: leaseOf(dead), holder };
    if (!(await leases.take(lease, { nowMs, untilMs })) && !options.alone) continue;
    for (const call of calls) await add(unfinished(call));
    closed += calls.length;
    await leases.release(lease);
  }
  return closed;
}

/** Which lease tells that a server is alive. */
export function leaseOf(holder: string): string {
  return `server:${holder}`;
}

/** Takes the place of the outcome: the intent is then no longer open. */
function unfinished({ call, index, intent }: OpenCall): TreeEvent {
  const { action, subject, actor } = parseEntry(intent);
  return {
    class: "system",
    action: UNFINISHED,
    actor: { id: "server", kind: "system", method: "none" },
    ...(subject !== undefined && { subject }),
    stage: "outcome",
    call,
    outcome: "failure",
    data: { intent: index, action, actor: actor.id },
  };
}
