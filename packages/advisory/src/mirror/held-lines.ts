import type { PreviousDatabase } from "../database/previous.ts";
import { openReadOnly } from "../database/verify.ts";
import type { Shard } from "./shard.ts";
import { linesOf } from "./shard-lines.ts";

/** The lines of a shard as a database before holds them, of the sources that came from the mirror. */
export function* heldLines(previous: PreviousDatabase, shard: Shard): Generator<Buffer> {
  const keys = previous.sources.flatMap(({ id, record }) =>
    record.mirrorKey === undefined ? [] : [[id, record.mirrorKey] as const],
  );
  const database = openReadOnly(previous.path);
  try {
    yield* linesOf(database, shard, new Map(keys));
  } finally {
    database.close();
  }
}
