import { accountOf, groupNameOf, userNameOf } from "../events/account-of-event.ts";
import { type FieldTable, numeric, text } from "./field-row.ts";

/** `user.*` and `group.*`. */
export const userFields: FieldTable = {
  "user.uid": numeric("number of the user", ({ process }) => identified(process.uid)),
  "user.name": text("name of the user; of the container's own accounts", (event) =>
    userNameOf(event, event.process.uid),
  ),
  "user.homedir": text("home directory of the user", (event) => accountOf(event, event.process.uid)?.home),
  "user.shell": text("shell of the user", (event) => accountOf(event, event.process.uid)?.shell),
  "user.loginuid": numeric(
    "number of the user that logged in; -1 where nobody did",
    ({ process }) => process.facts.loginuid,
  ),
  "user.loginname": text("name of the user that logged in", ({ process, context }) => {
    const { loginuid } = process.facts;
    return context.users.host.users.get(loginuid)?.name ?? (loginuid === 0 ? "root" : undefined);
  }),
  "group.gid": numeric("number of the group", ({ process }) => identified(process.facts.egid)),
  "group.name": text("name of the group; of the container's own", (event) =>
    groupNameOf(event, event.process.facts.egid),
  ),
};

function identified(id: number): number | undefined {
  return id < 0 ? undefined : id;
}
