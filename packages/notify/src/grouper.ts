import { addToGroup, emptyGroup, type Group, groupIdOf, isDue, isIdle, takeMessage } from "./group.ts";
import type { Message } from "./message.ts";
import type { Notification } from "./notification.ts";
import type { Selection } from "./routing.ts";

const MAX_GROUPS = 5000;

/** A notification, and a route that takes it. */
export interface Routed {
  readonly notification: Notification;
  readonly selection: Selection;
}

/** What is to change in the groups: written down first, and only then adopted. */
export interface GroupChange {
  readonly put: readonly Group[];
  readonly remove: readonly string[];
}

/** A message that is due, and for whom. */
export interface DueMessage {
  readonly message: Message;
  readonly channels: readonly string[];
}

/**
 * Gathers notifications of one kind on one route, so that a feed that touches 400 images makes one message.
 * A state machine without effects: what it plans changes nothing until it is adopted.
 */
export class Grouper {
  readonly #groups: Map<string, Group>;

  constructor(groups: readonly Group[] = []) {
    this.#groups = new Map(groups.map((group) => [group.id, group]));
  }

  /** What notifications change. `suppressed` counts those that say nothing new. */
  planAdd(
    routed: readonly Routed[],
    nowMs: number,
  ): { readonly change: GroupChange; readonly suppressed: number } {
    const changed = new Map<string, Group>();
    let suppressed = 0;
    for (const { notification, selection } of routed) {
      const group = this.#groupFor({ notification, selection }, changed);
      const next = addToGroup(group, notification, nowMs);
      if (next === undefined) suppressed += 1;
      else changed.set(next.id, next);
    }
    return { change: { put: [...changed.values()], remove: [] }, suppressed };
  }

  /** The messages that are due, and the groups without what they tell. */
  planFlush(
    nowMs: number,
    newId: () => string,
  ): { readonly change: GroupChange; readonly due: readonly DueMessage[] } {
    const put: Group[] = [];
    const remove: string[] = [];
    const due: DueMessage[] = [];
    for (const group of this.#groups.values()) {
      if (isDue(group, nowMs)) {
        const taken = takeMessage(group, newId(), nowMs);
        due.push({ message: taken.message, channels: group.channels });
        put.push(taken.group);
      } else if (isIdle(group, nowMs)) {
        remove.push(group.id);
      }
    }
    return { change: { put, remove }, due };
  }

  adopt({ put, remove }: GroupChange): void {
    for (const group of put) this.#groups.set(group.id, group);
    for (const id of remove) this.#groups.delete(id);
  }

  /** When the next message is due, in milliseconds since 1970. */
  nextDueAt(): number | undefined {
    const times = [...this.#groups.values()].flatMap(({ dueAtMs }) => dueAtMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** How many notifications wait in groups. */
  waiting(): number {
    let total = 0;
    for (const { count } of this.#groups.values()) total += count;
    return total;
  }

  #groupFor({ notification, selection }: Routed, changed: ReadonlyMap<string, Group>): Group {
    const id = groupIdOf(notification, selection);
    const found = changed.get(id) ?? this.#groups.get(id);
    if (found !== undefined) return found;
    // Labels may be an attacker's. Where they have made too many groups, they keep nothing apart any more.
    const isFull = this.#groups.size + changed.size >= MAX_GROUPS && selection.groupBy.length > 0;
    if (isFull) return this.#groupFor({ notification, selection: { ...selection, groupBy: [] } }, changed);
    return emptyGroup(id, notification.kind, selection);
  }
}
