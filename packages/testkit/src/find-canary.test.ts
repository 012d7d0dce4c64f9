import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { findCanary } from "./find-canary.ts";
import { tempDirectory } from "./temp-directory.ts";

const CANARY = "canary-7f3a?>é~zz";

it.each<[string, Buffer | string, string]>([
  ["as it is", `before ${CANARY} after`, "raw"],
  ["in base64, aligned", Buffer.from(`xyz${CANARY}more`).toString("base64"), "base64"],
  ["in base64, one off", Buffer.from(`x${CANARY}more`).toString("base64"), "base64"],
  ["in base64, two off", Buffer.from(`xy${CANARY}`).toString("base64"), "base64"],
  ["in base64url", Buffer.from(`xy${CANARY}`).toString("base64url"), "base64"],
  ["in hex", Buffer.from(`x${CANARY}`).toString("hex"), "hex"],
  ["in upper-case hex", Buffer.from(`x${CANARY}`).toString("hex").toUpperCase(), "hex"],
  ["in UTF-16, little end first", Buffer.from(`x${CANARY}`, "utf16le"), "utf16le"],
  ["in UTF-16, big end first", Buffer.from(`x${CANARY}`, "utf16le").swap16(), "utf16be"],
])("finds a text %s", (_name, content, form) => {
  using directory = tempDirectory();
  mkdirSync(directory.at("a", "b"), { recursive: true });
  const file = directory.at("a", "b", "log");
  writeFileSync(file, content);
  writeFileSync(directory.at("clean"), "canary-7f3a");
  const hits = findCanary([directory.path], CANARY);
  expect(new Set(hits.map((hit) => hit.file))).toEqual(new Set([file]));
  expect(hits.some((hit) => hit.form.startsWith(form))).toBe(true);
});

it("finds a text at every alignment of base64 whatever stands around it", () => {
  using directory = tempDirectory();
  for (let before = 0; before < 12; before++) {
    for (const form of ["base64", "base64url"] as const) {
      const around = Buffer.concat([
        Buffer.alloc(before, 0xff),
        Buffer.from(CANARY),
        Buffer.alloc(before, 0xff),
      ]);
      writeFileSync(directory.at(`${form}-${before}`), around.toString(form));
    }
  }
  const files = new Set(findCanary([directory.path], CANARY).map(({ file }) => file));
  expect(files.size).toBe(24);
});

it("finds a text once, wherever it lies across the blocks that it reads by", () => {
  using directory = tempDirectory();
  const block = 1024 * 1024;
  for (const offset of [0, block - 40, block - 5, block, block + 30, 2 * block - 1]) {
    const content = Buffer.alloc(2 * block + 100);
    content.write(CANARY, offset);
    writeFileSync(directory.at("file"), content);
    expect(findCanary([directory.at("file")], CANARY)).toEqual([
      { file: directory.at("file"), offset, form: "raw" },
    ]);
  }
});

it("finds a text in the pages and in the log of a database, and in a name", () => {
  using directory = tempDirectory();
  using database = new DatabaseSync(directory.at("db.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)");
  database.prepare("INSERT INTO t VALUES (?)").run(CANARY);
  expect(findCanary([directory.path], CANARY).map(({ file }) => file)).toContain(
    directory.at("db.sqlite-wal"),
  );
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(findCanary([directory.path], CANARY).map(({ file }) => file)).toEqual([directory.at("db.sqlite")]);
  writeFileSync(directory.at("secret-in-a-name"), "");
  expect(findCanary([directory.path], "secret-in-a-name")).toMatchObject([{ offset: -1, form: "raw" }]);
});

it("follows no symlink, and does not call clean what it cannot read", () => {
  using directory = tempDirectory();
  using outside = tempDirectory();
  writeFileSync(outside.at("file"), CANARY);
  symlinkSync(outside.path, directory.at("link"));
  expect(findCanary([directory.path], CANARY)).toEqual([]);
  expect(() => findCanary([directory.at("nowhere")], CANARY)).toThrow("ENOENT");
  expect(() => findCanary([directory.path], "short")).toThrow(RangeError);
});
