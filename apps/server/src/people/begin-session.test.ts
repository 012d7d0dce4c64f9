import { openStore, type StoredAccount } from "@pratique/store";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { beginSession } from "./begin-session.ts";
import { Sessions } from "./sessions.ts";

it.each<[string, Partial<StoredAccount>]>([
  ["was disabled", { state: "disabled" }],
  ["got another password", { passwordHash: "another" }],
])("lets nobody in, and back, whose account %s while the password was checked", async (_, change) => {
  using directory = tempDirectory();
  const store = await openStore({ file: directory.at("store.sqlite") });
  const { now } = fixedClock("2026-11-25T00:00:00Z");
  const account: StoredAccount = {
    id: "ann",
    login: "ann",
    displayName: "Ann",
    email: null,
    source: "local",
    subject: null,
    state: "active",
    breakGlass: false,
    createdAt: "2026-11-24T00:00:00Z",
    lastSignInAt: null,
    groups: [],
    passwordHash: "one",
  };
  await store.people.accounts.add(account);
  await store.people.accounts.change("ann", change);
  const said: string[] = [];
  const record = { append: async ({ action }: { action: string }) => void said.push(action) };
  const context = { store, record, now };
  await expect(beginSession(context, account, { method: "password", http: undefined })).rejects.toThrow(
    expect.objectContaining({ code: "SIGN_IN_REFUSED" }),
  );
  expect(await store.people.accounts.find("ann")).toEqual({ ...account, ...change });
  expect(await new Sessions(store.people, now).list("ann")).toEqual([]);
  expect(said).toEqual([]);
  await store.close();
});
