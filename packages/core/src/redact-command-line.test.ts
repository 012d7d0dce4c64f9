import { expect, it } from "vitest";
import { redactCommandLine } from "./redact-command-line.ts";

it.each([
  [["--password=hunter2"], "x --password=***"],
  [["--password", "hunter2", "--host", "db"], "x --password *** --host db"],
  [["--api-key", "abc"], "x --api-key ***"],
  [["PGPASSWORD=hunter2", "psql"], "x PGPASSWORD=*** psql"],
  [["https://user:hunter2@example.com/a"], "x https://***@example.com/a"],
  [["--token", "--verbose"], "x --token --verbose"],
  [["-c", "echo hello"], "x -c echo hello"],
  [
    ["-c", "mysql --password=hunter2 db; PGPASSWORD=hunter3 psql"],
    "x -c mysql --password=*** db; PGPASSWORD=*** psql",
  ],
  [["-c", "login --token  hunter2\n--host db"], "x -c login --token  ***\n--host db"],
  [["-c", "curl https://user:hunter2@example.com/a -o b"], "x -c curl https://***@example.com/a -o b"],
  [["--password=correct horse"], "x --password=***"],
  [["https://a/b,ftp://u:p@c/d"], "x https://a/b,ftp://***@c/d"],
  [["https://example.com/a@b:c"], "x https://example.com/a@b:c"],
  [["git@example.com:a/b"], "x git@example.com:a/b"],
  [["--passive", "yes"], "x --passive yes"],
  [["pass", "the", "salt"], "x pass the salt"],
])("writes %j as %s", (args, expected) => {
  expect(redactCommandLine("x", args)).toBe(expected);
});

it.each([
  ["a".repeat(200_000)],
  [`--${"pass-".repeat(40_000)}`],
  ["://".repeat(60_000)],
  [" ".repeat(200_000)],
  ["--pass ".repeat(40_000)],
  [`${"a".repeat(100_000)}=${"b".repeat(100_000)}`],
])("does not take long for what was made to take long", (word) => {
  const words = Array.from({ length: 2000 }, () => word);
  expect(redactCommandLine("x", words).length).toBeLessThanOrEqual(4096);
});

it("is never longer than a record can take", () => {
  expect(redactCommandLine("x", ["a".repeat(100_000)]).length).toBe(4096);
});
