import { generateKeyPairSync } from "node:crypto";
import { ed25519Signer, parseEntry, storageTileSource, TreeLog, verifyTree } from "@pratique/audit";
import { openStore, type Store } from "@pratique/store";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { chainOf } from "../testdata/samples.ts";
import { HostChains } from "./host-chains.ts";

const signer = ed25519Signer("log.example/audit", generateKeyPairSync("ed25519").privateKey);
const chain = { logId: "log-1", host: "web-1" };
const records = chainOf(Array.from({ length: 5 }, (_, at) => ({ at })));

let directory: ReturnType<typeof tempDirectory>;
let store: Store;
let tree: TreeLog;

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  tree = new TreeLog({
    storage: storage(),
    signer,
    now: () => new Date(0),
    elapsedMs: () => 0,
    random: (size) => new Uint8Array(size),
    ticking: false,
  });
});
afterEach(async () => {
  await tree[Symbol.asyncDispose]();
  await store.close();
  directory[Symbol.dispose]();
});

/** Nobody has a name or an address here. */
function storage() {
  const seal = { seal: () => Promise.reject(new Error("nothing to seal")), open: async () => [] };
  return store.audit.tree({ holder: "a", seal });
}

/** What a server of several tells of hosts. */
function server(sleep: () => Promise<void>): HostChains {
  return new HostChains({ store, alone: false, add: (event) => tree.append(event), sleep });
}

async function put(from: number, to: number) {
  return await store.records.append({ ...chain, records: records.slice(from, to), project: () => undefined });
}

async function told() {
  await tree.checkpoint();
  const { problems } = await verifyTree({ source: storageTileSource(storage()), logKeys: [signer.key] });
  const { items } = await store.audit.entries.search({ limit: 9, action: "records.received" });
  const ranges = items.map(({ bytes }) => Object(parseEntry(bytes).data?.hostRecords)).toReversed();
  return { problems, ranges: ranges.map(({ from, to }) => [from, to]) };
}

const idle = async () => undefined;

it.each([
  [
    "a later batch",
    3,
    5,
    [
      [1, 3],
      [4, 5],
    ],
  ],
  ["the same batch", 0, 3, [[1, 3]]],
] as const)(
  "lets one server tell what it has stored, although another was given %s meanwhile",
  async (_, from, to, expected) => {
    const one = server(idle);
    const first = await put(0, 3);
    let waits = 0;
    const other = server(async () => {
      waits += 1;
      if (waits === 2) await one.received(chain, first);
    });
    await other.received(chain, await put(from, to));
    expect(await told()).toEqual({ problems: [], ranges: expected });
    expect(waits).toBe(2);
  },
);

it("tells in the place of a server that has died", async () => {
  await put(0, 3);
  await server(idle).received(chain, await put(3, 5));
  expect(await told()).toEqual({ problems: [], ranges: [[1, 5]] });
});
