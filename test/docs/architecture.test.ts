import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pureMembers, rows, testOnlyMembers } from "../architecture/rows.ts";

const document = readFileSync("docs/architecture.md", "utf8");

/** The members that a row of the table names, by the row's number. */
function drawnRows(): ReadonlyMap<number, readonly string[]> {
  const drawn = [...document.matchAll(/^\| (?<row>\d) \| (?<members>[^|]+) \|/gmu)].map(
    ({ groups }): [number, readonly string[]] => [Number(groups?.row), namesIn(groups?.members ?? "")],
  );
  return new Map(drawn);
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`(?:apps\/)?(?<name>[a-z]+)`/gu)].map(({ groups }) => groups?.name ?? "");
}

it("draws the rows as the tests of the architecture have them", () => {
  const drawn = drawnRows();
  expect([...drawn.keys()].sort()).toEqual(rows.map((_, row) => row));
  for (const [row, members] of rows.entries()) {
    expect([row, drawn.get(row)?.toSorted()]).toEqual([row, members.toSorted()]);
  }
});

it("calls apps what are apps", () => {
  const named = [...document.matchAll(/`(?<directory>apps)\/(?<name>[a-z]+)`/gu)];
  const missing = named.filter(({ groups }) => !existsSync(`apps/${groups?.name}/package.json`));
  expect(missing.map(([text]) => text)).toEqual([]);
});

it("names those that must compile without Node, and those for tests", () => {
  const sentence = /^(?<members>(?:`[a-z]+`[\s,and]*)+) compile without Node's types/mu.exec(document);
  expect(namesIn(sentence?.groups?.members ?? "").toSorted()).toEqual(pureMembers.toSorted());
  for (const member of testOnlyMembers) expect(document).toContain(`\`${member}\` is for tests only`);
});

it("says each thing once", () => {
  const subjects = [...document.matchAll(/^\* [^*\n]*\*\*(?<subject>[^*]+)\*\*/gmu)].map(
    ({ groups }) => groups?.subject,
  );
  expect(subjects.length).toBeGreaterThan(3);
  expect(new Set(subjects).size).toBe(subjects.length);
});
