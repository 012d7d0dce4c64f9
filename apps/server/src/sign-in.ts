import { builtInRoles } from "@pratique/access";
import type { PeopleStore, StoredAccount } from "@pratique/store";
import type { Context } from "./context.ts";
import { ServerError } from "./errors.ts";
import { newSecret } from "./people/sessions.ts";

const OPERATOR_LINK_VALID_MS = 15 * 60_000;
const ACCOUNT_LINK_VALID_MS = 24 * 3_600_000;

/** The id and the login of the first administrator: the account that the operator's links sign in to. */
const FIRST_ACCOUNT = "admin";

/** A link that signs in, once. */
export interface SignInLink {
  readonly url: string;
  readonly expiresAt: string;
}

/** Makes the link of whoever sits at the server's own machine. */
export async function createOperatorLink(context: Context): Promise<SignInLink> {
  return await createLink(context, FIRST_ACCOUNT, OPERATOR_LINK_VALID_MS);
}

/** Makes a link with which the owner of an account sets a password. */
export async function createLinkFor(context: Context, accountId: string): Promise<SignInLink> {
  return await createLink(context, accountId, ACCOUNT_LINK_VALID_MS);
}

/** The token is in the fragment, which browsers never send. */
async function createLink(
  { store, now, origin }: Context,
  account: string,
  validMs: number,
): Promise<SignInLink> {
  const token = newSecret();
  const expiresAtMs = now() + validMs;
  await store.people.signInTokens.add({ token, account, expiresAtMs }, now());
  return { url: `${origin()}/signin#${token}`, expiresAt: new Date(expiresAtMs).toISOString() };
}

/** Uses up the token of a link. Throws `TOKEN_REFUSED`. */
export async function redeemLink({ store, now }: Context, token: string): Promise<StoredAccount> {
  const id = await store.people.signInTokens.redeem(token, now());
  const account = id === undefined ? undefined : await accountOf(store.people, { id, nowMs: now() });
  if (account === undefined || account.state === "disabled") {
    throw new ServerError("TOKEN_REFUSED", "the sign-in link is used up, expired or unknown");
  }
  return account;
}

async function accountOf(
  people: PeopleStore,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Promise<StoredAccount | undefined> {
  const known = await people.accounts.find(id);
  return known === undefined && id === FIRST_ACCOUNT ? await addFirstAccount(people, nowMs) : known;
}

/** There is no password that everybody knows: the first administrator sets one after the first link. */
async function addFirstAccount(people: PeopleStore, nowMs: number): Promise<StoredAccount | undefined> {
  const createdAt = new Date(nowMs).toISOString();
  const account: StoredAccount = {
    id: FIRST_ACCOUNT,
    login: FIRST_ACCOUNT,
    displayName: "First administrator",
    email: null,
    source: "local",
    subject: null,
    state: "active",
    breakGlass: true,
    createdAt,
    lastSignInAt: null,
    groups: [],
    passwordHash: null,
  };
  const role = builtInRoles.find(({ permissions }) => permissions["roles.write"] === "allow")?.name ?? "";
  return await people.together(async (inside) => {
    if (!(await inside.accounts.add(account))) return await inside.accounts.find(FIRST_ACCOUNT);
    await inside.grants.add({
      id: "first-administrator",
      holder: { kind: "account", id: FIRST_ACCOUNT },
      role,
      scope: {},
      createdAt,
      createdBy: "operator",
      expiresAt: null,
    });
    return account;
  });
}
