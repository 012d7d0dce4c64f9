import { createReadStream, createWriteStream } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { findCanary, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";
import { openFileKey } from "./providers/file/file.ts";
import { SealedStream } from "./sealed-stream.ts";
import { Sealer } from "./sealer.ts";
import { FileKeyStore } from "./testdata/file-key-store.ts";

const SECRET = "canary-of-the-secret-8d1f";
const DATA_KEY = "canary-of-the-data-key-93b1e07c!";
const KEK = "canary-of-the-kek-5c0d99aa41f27b";
const context = { table: "channels", column: "secret", rowId: "1" };
const backup = { table: "backups", column: "content", rowId: "1" };

/** The same bytes whenever so many are asked for, so that a key can be looked for by its text. */
const of = (text: string) => (length: number) => Buffer.from(text).subarray(0, length);

it("leaves no byte of a secret or a data key in any file, and the outermost key in its own file alone", async () => {
  using directory = tempDirectory();
  using provider = await openFileKey({ file: directory.at("kek"), random: of(KEK) });
  const store = new FileKeyStore(directory.at("keys.json"));
  using keys = await KeyRing.open({ store, provider, now: () => new Date(0), random: of(DATA_KEY) });
  const sealer = new Sealer({ keys });
  const streams = new SealedStream({ keys });
  using database = new DatabaseSync(directory.at("db.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (v, w)");
  const insert = database.prepare("INSERT INTO t VALUES (?, ?)");
  insert.run(
    await sealer.seal("notifications", context, SECRET),
    await sealer.blindIndex("notifications", SECRET),
  );
  insert.run(await sealer.sealBytes("notifications", context, SECRET), null);
  // The database itself, with its log, in a sealed backup, and back.
  insert.run(SECRET, null);
  await pipeline(
    createReadStream(directory.at("db.sqlite-wal")),
    (bytes: AsyncIterable<Buffer>) => streams.seal("backup", backup, bytes),
    createWriteStream(directory.at("backup.sealed")),
  );
  expect(findCanary([directory.path], SECRET).map(({ file }) => file)).toEqual([
    directory.at("db.sqlite-wal"),
  ]);
  database.exec(
    "DELETE FROM t WHERE v = 'canary-of-the-secret-8d1f'; PRAGMA wal_checkpoint(TRUNCATE); VACUUM",
  );
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(findCanary([directory.path], SECRET)).toEqual([]);
  expect(findCanary([directory.path], DATA_KEY)).toEqual([]);
  expect(new Set(findCanary([directory.path], KEK).map(({ file }) => file))).toEqual(
    new Set([directory.at("kek")]),
  );
  await pipeline(
    createReadStream(directory.at("backup.sealed")),
    (bytes: AsyncIterable<Buffer>) => streams.open("backup", backup, bytes),
    createWriteStream(directory.at("restored")),
  );
  expect(findCanary([directory.at("restored")], SECRET)).not.toEqual([]);
});
