import type { Opening } from "@pratique/audit";
import { storageTileSource, verifyTree } from "@pratique/audit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { event, logSigner, openLog } from "../../../audit/src/tree/testdata/sample.ts";
import { openStore, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { toyMark, toySeal } from "../testdata/toy-seal.ts";
import { openingId } from "./opening-repository.ts";

const ada = { id: "u-1", kind: "user", method: "oidc", name: "Ada Lovelace", address: "192.0.2.7" } as const;
const eve = { id: "u-2", kind: "user", method: "oidc", name: "Eve", address: "192.0.2.7" } as const;

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  const tree = () => store.audit.tree({ holder: "a", seal: toySeal });
  const values = async (index: number) => (await tree().openings(index)).map(({ value }) => value);

  async function fill(): Promise<void> {
    const log = openLog({ storage: tree() });
    for (const actor of [ada, eve, ada]) await log.append(event("signIn", { actor }));
    await log.checkpoint();
  }

  async function expectWhole(entries: number): Promise<void> {
    const found = await verifyTree({ source: storageTileSource(tree()), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries, problems: [], complete: true });
  }

  /** As they were stored before openings were sealed. */
  async function unseal(index: number): Promise<void> {
    for (const { field, salt, value } of await tree().openings(index)) {
      await database.run(
        `insert into audit_openings (place, field, salt, value) values (${index}, '${field}', '${salt}', '${value}');
         delete from audit_sealed_openings where id = '${index}.${field}'`,
      );
    }
  }

  async function sealRest(rest: readonly { readonly index: number; readonly opening: Opening }[]) {
    const sealed = rest.map(async ({ index, opening }) => {
      const by = await toySeal.seal(openingId(index, opening.field), opening);
      return { index, opening, by };
    });
    await store.audit.openings.replaceUnsealed(await Promise.all(sealed));
  }

  it("erases what is known of one actor, and leaves the tree and the others as they are", async () => {
    await fill();
    await unseal(2);
    expect(await store.audit.openings.eraseActor("u-1")).toBe(2);
    expect(await Promise.all([0, 1, 2].map(values))).toEqual([[], ["Eve", "192.0.2.7"], []]);
    expect(await store.audit.openings.eraseActor("u-1")).toBe(0);
    await expectWhole(3);
  });

  it("erases an address wherever it is known, and no name", async () => {
    await fill();
    await unseal(1);
    const marks = [toyMark("192.0.2.7")];
    expect(await store.audit.openings.eraseAddress("192.0.2.7", marks)).toBe(3);
    expect(await Promise.all([0, 1, 2].map(values))).toEqual([["Ada Lovelace"], ["Eve"], ["Ada Lovelace"]]);
    expect(await store.audit.openings.eraseAddress("192.0.2.7", marks)).toBe(0);
    await expectWhole(3);
  });

  it("erases more than are erased at once", async () => {
    const log = openLog({ storage: tree() });
    await Promise.all(Array.from({ length: 1100 }, () => log.append(event("signIn", { actor: ada }))));
    expect(await store.audit.openings.eraseAddress("192.0.2.7", [toyMark("192.0.2.7")])).toBe(1100);
    expect(await store.audit.openings.eraseActor("u-1")).toBe(1100);
    expect(await store.audit.openings.eraseActor("u-1")).toBe(0);
  });

  it("reads what lies there unsealed, and gives it to be sealed, once", async () => {
    await fill();
    await unseal(0);
    expect(await values(0)).toEqual(["Ada Lovelace", "192.0.2.7"]);
    const { items } = await store.audit.entries.search({ limit: 9, text: "lovel" });
    expect(items.map(({ index }) => index)).toEqual([0]);
    const rest = await store.audit.openings.unsealed(9);
    expect(rest.map(({ index, opening }) => [index, opening.value])).toEqual([
      [0, "192.0.2.7"],
      [0, "Ada Lovelace"],
    ]);
    await sealRest(rest);
    await sealRest(rest);
    expect(await store.audit.openings.unsealed(9)).toEqual([]);
    expect(await values(0)).toEqual(["Ada Lovelace", "192.0.2.7"]);
  });

  it("does not bring back what was erased while it was being sealed", async () => {
    await fill();
    await unseal(0);
    const rest = await store.audit.openings.unsealed(9);
    await store.audit.openings.eraseActor("u-1");
    await sealRest(rest);
    expect(await values(0)).toEqual([]);
  });
});
