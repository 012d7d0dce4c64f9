import { randomUUID } from "node:crypto";
import type { PeopleStore, StoredAccount, StoredProvider } from "@pratique/store";
import { ServerError } from "../errors.ts";
import type { Vouched } from "./oidc-sign-in.ts";

/**
 * The account of a person whom a provider vouches for; made at their first sign-in, with the groups that they are in
 * now. A group is written `PROVIDER/GROUP`: two providers may have groups of the same name. Throws `SIGN_IN_REFUSED`.
 */
export async function accountOfVouched(
  people: PeopleStore,
  provider: StoredProvider,
  { vouched, nowMs }: { readonly vouched: Vouched; readonly nowMs: number },
): Promise<StoredAccount> {
  const { allowedGroups } = provider;
  if (allowedGroups.length > 0 && !vouched.groups.some((group) => allowedGroups.includes(group))) {
    throw new ServerError("SIGN_IN_REFUSED", "none of the person's groups may sign in");
  }
  const { displayName, email } = vouched;
  const groups = vouched.groups.map((group) => `${provider.id}/${group}`);
  const known = await people.accounts.findBySubject(provider.id, vouched.subject);
  if (known?.state === "disabled") throw new ServerError("SIGN_IN_REFUSED", "the account is disabled");
  if (known !== undefined) {
    return (await people.accounts.change(known.id, { displayName, email, groups })) ?? known;
  }
  return await addAccount(
    people,
    {
      id: randomUUID(),
      login: "",
      displayName,
      email,
      source: provider.id,
      subject: vouched.subject,
      state: "active",
      breakGlass: false,
      createdAt: new Date(nowMs).toISOString(),
      lastSignInAt: null,
      groups,
      passwordHash: null,
    },
    vouched.login,
  );
}

/** A login that is taken belongs to somebody else, whatever a provider calls its people. */
async function addAccount(
  people: PeopleStore,
  account: StoredAccount,
  wanted: string,
): Promise<StoredAccount> {
  const plain =
    wanted
      .replaceAll(/[^A-Za-z0-9._@+-]/gu, "-")
      .replace(/^[^A-Za-z0-9]+/u, "")
      .slice(0, 64) || "person";
  for (const login of [plain, `${plain}@${account.source}`, `${plain}-${account.id}`]) {
    const named = { ...account, login: login.slice(0, 128) };
    if (await people.accounts.add(named)) return named;
  }
  throw new ServerError("SIGN_IN_REFUSED", "no account could be made");
}
