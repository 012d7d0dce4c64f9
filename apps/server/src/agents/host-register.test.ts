import type { HostIdentity } from "@pratique/store";
import { pino } from "pino";
import { expect, it } from "vitest";
import { HostRegister } from "./host-register.ts";

const valid: HostIdentity = {
  host: "web-1",
  state: "valid",
  joinedAt: "2026-11-24T12:00:00.000Z",
  serial: "0b",
  previousSerial: null,
  expiresAt: "2026-12-24T12:00:00.000Z",
  labels: {},
};

it("keeps a revocation, though the answer to an earlier look comes after it", async () => {
  const asked: PromiseWithResolvers<HostIdentity | undefined>[] = [];
  const identities = {
    all: async () => [],
    find: async () => {
      const answer = Promise.withResolvers<HostIdentity | undefined>();
      asked.push(answer);
      return await answer.promise;
    },
  };
  const changes = {
    last: async () => 0,
    onChange: () => () => undefined,
    since: async () => ({ complete: true, changes: [] }),
  };
  using register = await HostRegister.open({
    store: { changes, fleet: { identities } },
    log: pino({ level: "silent" }),
    onChanged: () => undefined,
  });
  const early = register.read("web-1");
  const late = register.read("web-1");
  asked[1]?.resolve({ ...valid, state: "revoked" });
  expect(await late).toMatchObject({ state: "revoked" });
  asked[0]?.resolve(valid);
  expect(await early).toMatchObject({ state: "revoked" });
  expect(await register.find("web-1")).toMatchObject({ state: "revoked" });
});

it("tells of no host as changed while it opens", async () => {
  const told: string[] = [];
  const changes = {
    last: async () => 0,
    onChange: () => () => undefined,
    since: async () => ({ complete: true, changes: [] }),
  };
  using register = await HostRegister.open({
    store: { changes, fleet: { identities: { all: async () => [valid], find: async () => undefined } } },
    log: pino({ level: "silent" }),
    onChanged: (host) => told.push(host),
  });
  expect(told).toEqual([]);
  expect(await register.find("web-1")).toEqual(valid);
});
