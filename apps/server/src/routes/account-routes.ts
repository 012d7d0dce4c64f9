import { randomUUID } from "node:crypto";
import { missingToGrant } from "@pratique/access";
import {
  createAccount,
  createAccountLink,
  endAccountSessions,
  listAccountSessions,
  listAccounts,
  showAccount,
  updateAccount,
} from "@pratique/api";
import type { StoredAccount } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { accountEntryOf } from "../people/account-entry.ts";
import { principalOf } from "../people/directory.ts";
import { sessionEntryOf } from "../people/session-entry.ts";
import { keepingAWayIn } from "../people/way-in.ts";
import { createLinkFor } from "../sign-in.ts";

/** The accounts of people. */
export function bindAccounts(binder: Binder, context: Context): void {
  const { now } = context;
  const { people } = context.store;

  const find = async (id: string): Promise<StoredAccount> => {
    const account = await people.accounts.find(id);
    if (account === undefined) throw noAccount(id);
    return account;
  };

  binder.bind(listAccounts, async ({ query }) => {
    const { items, nextCursor, total } = await people.accounts.list(query);
    return { items: items.map(accountEntryOf), nextCursor, total };
  });

  binder.bind(showAccount, async ({ params }) => accountEntryOf(await find(params.accountId)));

  binder.bind(createAccount, async ({ body }) => {
    const account: StoredAccount = {
      id: randomUUID(),
      login: body.login,
      displayName: body.displayName,
      email: body.email ?? null,
      source: "local",
      subject: null,
      state: "invited",
      breakGlass: body.breakGlass,
      createdAt: new Date(now()).toISOString(),
      lastSignInAt: null,
      groups: [],
      passwordHash: null,
    };
    if (!(await people.accounts.add(account))) {
      throw new ServerError("CONFLICT", `the login ${JSON.stringify(body.login)} is taken`);
    }
    return { account: accountEntryOf(account), link: await createLinkFor(context, account.id) };
  });

  binder.bind(updateAccount, async ({ params, body, caller }) => {
    const before = await find(params.accountId);
    await refuseGreater(context, { caller, account: before });
    const state = body.state === "active" && before.state === "invited" ? "invited" : body.state;
    const changed = await keepingAWayIn(people, async (inside) => {
      if (state === "disabled") {
        await inside.sessions.endAll(before.id);
        await inside.tokens.removeAll(before.id);
      }
      return await inside.accounts.change(before.id, {
        displayName: body.displayName,
        email: body.email ?? null,
        state,
      });
    });
    if (changed === undefined) throw noAccount(params.accountId);
    return accountEntryOf(changed);
  });

  binder.bind(createAccountLink, async ({ params, caller }) => {
    const account = await find(params.accountId);
    if (account.source !== "local") throw new ServerError("CONFLICT", "the password is kept elsewhere");
    if (account.state === "disabled") throw new ServerError("CONFLICT", "the account is disabled");
    if (account.id === caller.principal.account) {
      // Or whoever finds a browser open could set another password without the current one.
      throw new ServerError("CONFLICT", "your own password is changed with the current one");
    }
    // For as long as they hold it: whoever is that account would go on being it.
    await refuseGreater(context, { caller, account, asLong: true });
    await people.together(async (inside) => {
      await inside.accounts.change(account.id, { passwordHash: null });
      await inside.sessions.endAll(account.id);
      // Somebody else may have made them: a password is set anew where the old one is in other hands.
      await inside.tokens.removeAll(account.id);
    });
    return await createLinkFor(context, account.id);
  });

  binder.bind(listAccountSessions, async ({ params, caller }) => {
    const account = await find(params.accountId);
    const open = await context.sessions.list(account.id);
    return { items: open.map((session) => sessionEntryOf(session, caller)) };
  });

  binder.bind(endAccountSessions, async ({ params }) => {
    const account = await find(params.accountId);
    await people.sessions.endAll(account.id);
    return undefined;
  });
}

/** A link to somebody's account is all that they hold: nobody takes over who holds more than they do themselves. */
async function refuseGreater(
  { store, now }: Context,
  { caller, account, asLong = false }: { caller: Caller; account: StoredAccount; asLong?: boolean },
): Promise<void> {
  if (account.id === caller.id && caller.kind === "account") return;
  const { holdings } = await principalOf(store.people, account, now());
  const missing = holdings.flatMap(({ role, scope, endsAt: until = null }) =>
    missingToGrant(caller.principal, role, { scope, ...(asLong && { until }) }),
  );
  if (missing.length > 0) {
    throw new ServerError("MORE_THAN_HELD", `the account holds what you do not: ${missing[0]}`);
  }
}

function noAccount(id: string): ServerError {
  return new ServerError("NOT_FOUND", `there is no account ${JSON.stringify(id)}`);
}
