import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";
import { MemoryKeyStore } from "./memory-key-store.ts";
import { LocalKey } from "./providers/local-key.ts";
import { type ResealOptions, type ResealReport, reseal, type SealedRows } from "./reseal.ts";
import { sealedTextPrefix } from "./sealed-value.ts";
import { Sealer } from "./sealer.ts";

const ROWS = 25;
const HOUR = 3_600_000;
const placeOf = (id: number) => ({ table: "secrets", column: "value", rowId: String(id) });

/** A real table, as the port's contract has it. */
class Table implements SealedRows {
  readonly database = new DatabaseSync(":memory:");
  /** Called before each replacement. */
  beforeReplace: (id: string) => void = () => undefined;

  constructor() {
    this.database.exec("CREATE TABLE secrets (id INTEGER PRIMARY KEY, value TEXT NOT NULL)");
  }

  set(id: number, value: string): void {
    this.database.prepare("INSERT OR REPLACE INTO secrets VALUES (?, ?)").run(id, value);
  }

  get(id: number): string {
    return String(this.database.prepare("SELECT value FROM secrets WHERE id = ?").get(id)?.value);
  }

  async next(after: string | undefined, limit: number) {
    return this.database
      .prepare("SELECT id, value FROM secrets WHERE id > ? ORDER BY id LIMIT ?")
      .all(Number(after ?? 0), limit)
      .map(({ id, value }) => ({ cursor: String(id), context: placeOf(Number(id)), sealed: String(value) }));
  }

  async replace(
    row: { readonly cursor: string; readonly sealed: string | Uint8Array },
    sealed: string | Uint8Array,
  ) {
    this.beforeReplace(row.cursor);
    const { changes } = this.database
      .prepare("UPDATE secrets SET value = ? WHERE id = ? AND value = ?")
      .run(sealed, row.cursor, row.sealed);
    return changes === 1;
  }

  async countUnder(keyId: string) {
    const row = this.database
      .prepare("SELECT count(*) AS n FROM secrets WHERE substr(value, 1, length(?1)) = ?1")
      .get(sealedTextPrefix(keyId));
    return Number(row?.n);
  }
}

async function filled() {
  let time = Date.parse("2026-01-01T00:00:00Z");
  const store = new MemoryKeyStore();
  const openRing = () =>
    KeyRing.open({
      store,
      provider: new LocalKey("file", Buffer.alloc(32, 1)),
      now: () => new Date(time),
      graceMs: HOUR,
    });
  const keys = await openRing();
  const sealer = new Sealer({ keys });
  const rows = new Table();
  for (let id = 1; id <= ROWS; id++) rows.set(id, await sealer.seal("tokens", placeOf(id), `secret ${id}`));
  const options = { purpose: "tokens", keys, sealer, rows, batchSize: 4 } satisfies ResealOptions;
  const wait = (milliseconds: number) => {
    time += milliseconds;
  };
  return { store, keys, sealer, rows, options, wait, openRing };
}

async function run(options: ResealOptions): Promise<ResealReport> {
  const steps = reseal(options);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

async function readable(sealer: Sealer, rows: Table): Promise<number> {
  let count = 0;
  for (let id = 1; id <= ROWS; id++) {
    if (String(await sealer.open("tokens", placeOf(id), rows.get(id))) === `secret ${id}`) count++;
  }
  return count;
}

it("moves every row to the new key, and erases the old one when its grace has passed", async () => {
  const { keys, sealer, rows, options, wait } = await filled();
  const old = (await keys.current("tokens")).id;
  await keys.rotateDek("tokens");
  const first = await run(options);
  expect(first).toMatchObject({ seen: ROWS, resealed: ROWS, current: 0, failed: 0, retired: [] });
  expect(first.kept).toEqual([{ keyId: old, references: 0 }]);
  wait(HOUR);
  const second = await run(options);
  expect(second).toMatchObject({ seen: ROWS, resealed: 0, current: ROWS, retired: [old], kept: [] });
  expect(await readable(sealer, rows)).toBe(ROWS);
  await expect(keys.byId(old)).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
});

it("says what it would do, and changes nothing, as a plan", async () => {
  const { store, keys, rows, options } = await filled();
  const old = (await keys.current("tokens")).id;
  await keys.rotateDek("tokens");
  const before = [await store.list(), rows.get(1), rows.get(ROWS)];
  expect(await run({ ...options, plan: true })).toMatchObject({
    plan: true,
    resealed: ROWS,
    retired: [old],
    kept: [],
  });
  expect([await store.list(), rows.get(1), rows.get(ROWS)]).toEqual(before);
});

it.each([0, 1, 3, 6])(
  "goes on in a new process after a stop at batch %i, from cursor or start",
  async (batches) => {
    const { keys, rows, options, wait, openRing } = await filled();
    const old = (await keys.current("tokens")).id;
    await keys.rotateDek("tokens");
    const steps = reseal(options);
    let after: string | undefined;
    let done = 0;
    for (let batch = 0; batch < batches; batch++) {
      const { value } = await steps.next();
      if (value !== undefined && "cursor" in value) ({ cursor: after, resealed: done } = value);
    }
    keys[Symbol.dispose]();
    using again = await openRing();
    const sealer = new Sealer({ keys: again });
    expect(await readable(sealer, rows)).toBe(ROWS);
    const rest = { ...options, keys: again, sealer };
    const report = await run({ ...rest, ...(after === undefined ? {} : { after }) });
    expect(report.resealed).toBe(ROWS - done);
    wait(HOUR);
    expect(await run(rest)).toMatchObject({ current: ROWS, resealed: 0, retired: [old] });
    expect(await readable(sealer, rows)).toBe(ROWS);
  },
);

it("stops within a batch where a row cannot be written, and loses nothing", async () => {
  const { keys, sealer, rows, options } = await filled();
  await keys.rotateDek("tokens");
  rows.beforeReplace = (id) => {
    if (id === "7") throw new Error("the disk is full");
  };
  await expect(run(options)).rejects.toThrow("the disk is full");
  expect(await readable(sealer, rows)).toBe(ROWS);
  rows.beforeReplace = () => undefined;
  expect(await run(options)).toMatchObject({ resealed: ROWS - 6, current: 6 });
});

it("leaves a row that another hand changed meanwhile as that hand left it", async () => {
  const { keys, sealer, rows, options } = await filled();
  await keys.rotateDek("tokens");
  const changed = await sealer.seal("tokens", placeOf(3), "changed");
  rows.beforeReplace = (id) => {
    if (id === "3") rows.set(3, changed);
  };
  expect(await run(options)).toMatchObject({ resealed: ROWS - 1, changed: 1, failed: 0 });
  expect(rows.get(3)).toBe(changed);
});

it("tells of rows that do not open, goes on, and keeps their key", async () => {
  const { keys, rows, options, wait } = await filled();
  const old = (await keys.current("tokens")).id;
  await keys.rotateDek("tokens");
  wait(HOUR);
  rows.set(2, rows.get(1));
  rows.set(5, "plain text");
  const report = await run(options);
  expect(report).toMatchObject({ seen: ROWS, resealed: ROWS - 2, failed: 2, retired: [] });
  expect(report.failures).toMatchObject([
    { cursor: "2", code: "SEAL_TAMPERED" },
    { cursor: "5", code: "SEAL_MALFORMED" },
  ]);
  expect(report.kept).toEqual([{ keyId: old, references: 1 }]);
  expect(await run({ ...options, plan: true })).toMatchObject({ kept: [{ keyId: old, references: 1 }] });
});

it("moves rows of several old versions at once", async () => {
  const { keys, sealer, rows, options, wait } = await filled();
  await keys.rotateDek("tokens");
  rows.set(1, await sealer.seal("tokens", placeOf(1), "secret 1"));
  await keys.rotateDek("tokens");
  wait(HOUR);
  const report = await run(options);
  expect(report.resealed).toBe(ROWS);
  expect(report.retired).toHaveLength(2);
  expect(await readable(sealer, rows)).toBe(ROWS);
});

it("erases an old key that a rotation which was cut short left as one to write with", async () => {
  const { store, keys, options, wait } = await filled();
  const old = (await keys.current("tokens")).id;
  await keys.rotateDek("tokens");
  const [first] = await store.list();
  if (first === undefined) throw new Error("a key was made");
  await store.replace({ ...first, state: "active" }, first);
  expect(await run(options)).toMatchObject({ resealed: ROWS, kept: [{ keyId: old, references: 0 }] });
  wait(HOUR);
  expect(await run(options)).toMatchObject({ retired: [old] });
});

it("ends when it is told to, and does not go around for ever", async () => {
  const { options, rows } = await filled();
  await expect(run({ ...options, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  const stuck = {
    ...options,
    rows: { ...rows, next: async () => rows.next("0", 1), countUnder: async () => 0 },
  };
  const bound = { ...stuck, rows: { ...stuck.rows, replace: async () => true } };
  await expect(run(bound)).rejects.toMatchObject({ code: "KEY_STORE_UNUSABLE" });
  await expect(run({ ...options, batchSize: 0 })).rejects.toThrow(RangeError);
});
