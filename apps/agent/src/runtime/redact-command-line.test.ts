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
  [["--passive", "yes"], "x --passive yes"],
  [["pass", "the", "salt"], "x pass the salt"],
])("writes %j as %s", (args, expected) => {
  expect(redactCommandLine("x", args)).toBe(expected);
});

it("is never longer than a record can take", () => {
  expect(redactCommandLine("x", ["a".repeat(100_000)]).length).toBe(4096);
});
