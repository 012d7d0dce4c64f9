import { randomUUID } from "node:crypto";
import { missingToGrant } from "@pratique/access";
import {
  type ApiToken,
  type BodyOf,
  createToken,
  listOwnTokens,
  listTokens,
  revokeOwnToken,
  revokeToken,
  TOKEN_PREFIX,
} from "@pratique/api";
import type { StoredToken } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { newSecret } from "../people/sessions.ts";

const DAY_MS = 86_400_000;
const MAX_TOKENS = 100;

/** The tokens of programs. */
export function bindTokens(binder: Binder, { store, now }: Context): void {
  const { accounts, tokens } = store.people;

  const entriesOf = async (found: readonly StoredToken[]): Promise<ApiToken[]> => {
    const logins = await accounts.logins(found.map(({ account }) => account));
    return found.map((token) => entryOf(token, logins.get(token.account) ?? ""));
  };
  const own = async ({ principal }: Caller) =>
    await tokens.list({ account: principal.account, limit: MAX_TOKENS });

  binder.bind(listOwnTokens, async ({ caller }) => {
    const { items } = await own(caller);
    return { items: await entriesOf(items.filter(({ id }) => isWithin(caller, id))) };
  });

  binder.bind(createToken, async ({ body, caller }) => {
    refuseMoreThanHeld(caller, body);
    if ((await own(caller)).total >= MAX_TOKENS) {
      throw new ServerError("CONFLICT", `expected at most ${MAX_TOKENS} tokens of one account`);
    }
    const token = {
      id: randomUUID(),
      account: caller.principal.account,
      name: body.name,
      permissions: [...new Set(body.permissions)],
      scope: body.scope,
      createdAt: new Date(now()).toISOString(),
      expiresAt: new Date(now() + body.days * DAY_MS).toISOString(),
    };
    const secret = `${TOKEN_PREFIX}${newSecret()}`;
    await tokens.add({ ...token, secret });
    return { token: entryOf({ ...token, lastUsedAt: null, lastUsedFrom: null }, caller.name), secret };
  });

  binder.bind(revokeOwnToken, async ({ params, caller }) => {
    const token = await tokens.find(params.tokenId);
    if (token?.account !== caller.principal.account || !isWithin(caller, token.id)) {
      throw noToken(params.tokenId);
    }
    await tokens.remove(token.id);
    return undefined;
  });

  binder.bind(listTokens, async ({ query }) => {
    const { items, nextCursor, total } = await tokens.list(query);
    return { items: await entriesOf(items), nextCursor, total };
  });

  binder.bind(revokeToken, async ({ params }) => {
    if (!(await tokens.remove(params.tokenId))) throw noToken(params.tokenId);
    return undefined;
  });
}

/** A token that has leaked can be revoked by itself. Of the others of its account it is told nothing. */
function isWithin({ kind, session }: Caller, tokenId: string): boolean {
  return kind !== "token" || session === tokenId;
}

/** What waits for a second person for its owner waits for one with a token as well. */
function refuseMoreThanHeld(caller: Caller, { permissions, scope }: BodyOf<typeof createToken>): void {
  if (caller.kind !== "account") throw new ServerError("PERMISSION_DENIED", "a token makes no tokens");
  const role = {
    name: "",
    description: "",
    builtIn: false,
    permissions: Object.fromEntries(permissions.map((permission) => [permission, "needs-approval" as const])),
  };
  const [missing] = missingToGrant(caller.principal, role, { scope });
  if (missing !== undefined) {
    throw new ServerError("MORE_THAN_HELD", `you do not hold ${missing} there yourself`);
  }
}

function entryOf(token: StoredToken, accountLogin: string): ApiToken {
  return { ...token, permissions: [...token.permissions], accountLogin };
}

function noToken(id: string): ServerError {
  return new ServerError("NOT_FOUND", `there is no token ${JSON.stringify(id)}`);
}
