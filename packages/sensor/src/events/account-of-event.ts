import type { AccountNames, UserAccount } from "../tables/account-names.ts";
import type { ReadableEvent } from "./readable-event.ts";

/** The accounts by which an event is read: those of its container, or of the host. */
function accountsOf(event: ReadableEvent): AccountNames {
  const { users } = event.context;
  return event.tracked === undefined ? users.host : users.of(event.scope, event.container?.imageId);
}

export function accountOf(event: ReadableEvent, uid: number): UserAccount | undefined {
  return accountsOf(event).users.get(uid);
}

/** Every root is root, whether or not a file says so. */
export function userNameOf(event: ReadableEvent, uid: number): string | undefined {
  return accountOf(event, uid)?.name ?? (uid === 0 ? "root" : undefined);
}

export function groupNameOf(event: ReadableEvent, gid: number): string | undefined {
  return accountsOf(event).groups.get(gid) ?? (gid === 0 ? "root" : undefined);
}
