import type { Selectable, Transaction } from "kysely";
import type { HadPackage } from "../packages/note-packages.ts";
import type { FindingTable, Schema } from "../schema.ts";
import { countVulnerabilities } from "./count-vulnerabilities.ts";
import { noteEnded } from "./finding-history.ts";
import { keyOf, type NewFinding } from "./finding-row.ts";
import { packImage } from "./image-findings.ts";

type HeldFinding = Selectable<FindingTable>;

/** Rows of one statement: below what either database takes as parameters. */
const ROWS_AT_ONCE = 500;

/** What a new report may change in a finding that is held: all but when it was first seen. */
const changing = [
  "severity",
  "status",
  "fixed_version",
  "known_exploited",
  "epss",
  "source",
  "suppressed_by",
  "risk",
] as const;

/**
 * Makes the findings of an image those given, as they are from a moment on. Rows that are the same are left alone, and
 * those that go on being found keep their number and the time at which they were first seen. Gives how many are new in
 * packages that the image had before, where that is known.
 */
export async function replaceFindings(
  transaction: Transaction<Schema>,
  imageId: string,
  found: readonly NewFinding[],
  { at, had }: { readonly at: string; readonly had?: HadPackage | undefined },
): Promise<number> {
  const before = await transaction
    .selectFrom("findings")
    .selectAll()
    .where("image_id", "=", imageId)
    .execute();
  const held = new Map(before.map((row) => [keyOf(row), row]));
  const added: NewFinding[] = [];
  const ended: HeldFinding[] = [];
  for (const row of found) {
    const same = held.get(keyOf(row));
    held.delete(keyOf(row));
    if (same === undefined) added.push(had?.(row) === true ? { ...row, affected_at: at } : row);
    else if (changing.some((column) => same[column] !== row[column])) {
      const isOtherwise = countsOtherwise(same, row);
      if (isOtherwise) ended.push(same);
      await update(transaction, same, { ...row, open_since: isOtherwise ? at : same.open_since });
    }
  }
  await noteEnded(transaction, [...ended, ...held.values()], at);
  await remove(transaction, [...held.values()]);
  await add(transaction, imageId, added);
  await countVulnerabilities(transaction, before, found);
  await packImage(transaction, imageId);
  return added.filter((row) => row.affected_at !== null && row.suppressed_by === null).length;
}

/** Whether the finding counts in another way than before: more or less than then, or no longer, or again. */
function countsOtherwise(held: HeldFinding, row: NewFinding): boolean {
  return held.severity !== row.severity || (held.suppressed_by === null) !== (row.suppressed_by === null);
}

async function update(
  transaction: Transaction<Schema>,
  { number }: HeldFinding,
  row: NewFinding & Pick<HeldFinding, "open_since">,
): Promise<void> {
  const { severity, status, fixed_version, known_exploited, epss, source, suppressed_by, risk, open_since } =
    row;
  await transaction
    .updateTable("findings")
    .set({ severity, status, fixed_version, known_exploited, epss, source, suppressed_by, risk, open_since })
    .where("number", "=", number)
    .execute();
}

async function remove(transaction: Transaction<Schema>, gone: readonly HeldFinding[]): Promise<void> {
  for (let from = 0; from < gone.length; from += ROWS_AT_ONCE) {
    const numbers = gone.slice(from, from + ROWS_AT_ONCE).map(({ number }) => number);
    await transaction.deleteFrom("findings").where("number", "in", numbers).execute();
  }
}

async function add(
  transaction: Transaction<Schema>,
  imageId: string,
  added: readonly NewFinding[],
): Promise<void> {
  for (let from = 0; from < added.length; from += ROWS_AT_ONCE) {
    const rows = added.slice(from, from + ROWS_AT_ONCE);
    await transaction
      .insertInto("findings")
      .values(rows.map((row) => ({ ...row, image_id: imageId, open_since: row.first_seen })))
      .execute();
    const names = new Set(rows.map(({ package_name: name }) => name));
    await transaction
      .insertInto("finding_packages")
      .values([...names].map((name) => ({ name })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
