import { openStore } from "@pratique/store";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { beginSession } from "./begin-session.ts";
import { Sessions } from "./sessions.ts";

it("lets nobody in, and back, whose account was disabled while the password was checked", async () => {
  using directory = tempDirectory();
  const store = await openStore({ file: directory.at("store.sqlite") });
  const { now } = fixedClock("2026-11-25T00:00:00Z");
  const account = {
    id: "ann",
    login: "ann",
    displayName: "Ann",
    email: null,
    source: "local",
    subject: null,
    state: "active" as const,
    breakGlass: false,
    createdAt: "2026-11-24T00:00:00Z",
    lastSignInAt: null,
    groups: [],
    passwordHash: null,
  };
  await store.people.accounts.add(account);
  await store.people.accounts.change("ann", { state: "disabled" });
  const sessions = new Sessions(store.people, now);
  const said: string[] = [];
  const record = { append: async ({ action }: { action: string }) => void said.push(action) };
  const context = { store, sessions, record, now };
  await expect(beginSession(context, account, { method: "password", http: undefined })).rejects.toThrow(
    expect.objectContaining({ code: "SIGN_IN_REFUSED" }),
  );
  expect((await store.people.accounts.find("ann"))?.state).toBe("disabled");
  expect(await sessions.list("ann")).toEqual([]);
  expect(said).toEqual([]);
  await store.close();
});
