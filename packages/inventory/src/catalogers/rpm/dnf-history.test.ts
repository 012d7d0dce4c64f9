import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileTreeOf, tempDirectory } from "@pratique/testkit";
import { assert, asyncProperty, nat, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { historyKey, readRepositories } from "./dnf-history.ts";

const HISTORY = "var/lib/dnf/history.sqlite";
const STATE = "usr/lib/sysimage/libdnf5/nevras.toml";

/** A history as libdnf writes it: bash was installed, then updated from another repository. */
function historyOf(items = 3): Buffer {
  using directory = tempDirectory();
  const database = new DatabaseSync(directory.at("history.sqlite"));
  database.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    CREATE TABLE repo (id INTEGER PRIMARY KEY AUTOINCREMENT, repoid TEXT NOT NULL);
    CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, item_id INTEGER, repo_id INTEGER,
      action INTEGER, reason INTEGER, state INTEGER);
    CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL,
      release TEXT NOT NULL, arch TEXT NOT NULL);
    INSERT INTO repo (repoid) VALUES ('ubi-8-baseos-rpms'), ('@System'), ('rhel-8-for-x86_64-baseos-eus-rpms');
    INSERT INTO rpm VALUES (1, 'bash', 0, '4.4.20', '3.el8', 'x86_64'), (2, 'perl', 4, '5.26', '1.el8', 'x86_64');
    INSERT INTO trans_item (trans_id, item_id, repo_id, action, reason, state)
      VALUES (1, 1, 1, 1, 1, 1), (1, 2, 1, 1, 1, 1), (2, 1, 3, 6, 1, 1), (3, 2, 2, 10, 1, 1);
  `);
  const insert = database.prepare("INSERT INTO rpm VALUES (?, ?, 0, '1', '1', 'noarch')");
  const note = database.prepare("INSERT INTO trans_item (item_id, repo_id) VALUES (?, 1)");
  for (let item = 3; item < items; item += 1) {
    insert.run(item, `package-${item}`);
    note.run(item);
  }
  database.exec("COMMIT");
  database.close();
  return readFileSync(directory.at("history.sqlite"));
}

async function repositories(files: Parameters<typeof fileTreeOf>[0]) {
  return Object.fromEntries(await readRepositories(fileTreeOf(files), undefined));
}

it("takes the last repository of each package from dnf's history, and none of what was there before", async () => {
  expect(await repositories({ [HISTORY]: historyOf() })).toEqual({
    "bash-4.4.20-3.el8.x86_64": "rhel-8-for-x86_64-baseos-eus-rpms",
    "perl-5.26-1.el8.x86_64": "ubi-8-baseos-rpms",
  });
});

it("reads a history of many pages", async () => {
  expect(Object.keys(await repositories({ [HISTORY]: historyOf(2000) }))).toHaveLength(1999);
});

it("reads the state of dnf5, on one line or as tables", async () => {
  const state = `version = "1.0"
[nevras]
"bash-5.2.26-3.fc40.x86_64" = {from_repo="fedora"}
"perl-4:5.38-1.fc40.x86_64" = {from_repo='updates'}
[nevras."vim-2:9.1-1.fc40.x86_64"]
from_repo = "updates"
"broken-1-1.x86_64" = {from_repo="\u001b[2J"}
`;
  expect(await repositories({ [STATE]: state })).toEqual({
    "bash-5.2.26-3.fc40.x86_64": "fedora",
    "perl-5.38-1.fc40.x86_64": "updates",
    "vim-9.1-1.fc40.x86_64": "updates",
  });
});

it("names packages without their epochs, about which histories disagree", () => {
  expect(historyKey({ name: "perl", version: "4:5.26-1.el8", architecture: "x86_64" })).toBe(
    "perl-5.26-1.el8.x86_64",
  );
});

it("gives what can be read of a damaged history, and always ends", async () => {
  const whole = historyOf(300);
  await assert(
    asyncProperty(nat(whole.length - 1), uint8Array({ minLength: 1, maxLength: 40 }), async (at, noise) => {
      const damaged = Buffer.from(whole);
      damaged.set(noise.subarray(0, damaged.length - at), at);
      expect(await repositories({ [HISTORY]: damaged })).toBeInstanceOf(Object);
    }),
    { numRuns: 40 },
  );
});
