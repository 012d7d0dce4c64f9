import { appendFileSync, closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { keepLogSmall } from "./keep-log-small.ts";

it("has a log begin anew under the one who writes it, and keeps its end", () => {
  using directory = tempDirectory();
  const file = directory.at("gate.log");
  const writer = openSync(file, "a", 0o600);
  writeSync(writer, "0123456789");
  keepLogSmall(file, 10);
  expect(existsSync(`${file}.1`)).toBe(false);
  writeSync(writer, "abcde");
  keepLogSmall(file, 10);
  writeSync(writer, "after");
  closeSync(writer);
  expect([readFileSync(file, "utf8"), readFileSync(`${file}.1`, "utf8")]).toEqual(["after", "56789abcde"]);
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);

  appendFileSync(file, "1234567890");
  keepLogSmall(file, 10);
  expect(readFileSync(`${file}.1`, "utf8")).toBe("1234567890");
});

it("does without a log", () => {
  using directory = tempDirectory();
  keepLogSmall(directory.at("gate.log"));
  expect(existsSync(directory.at("gate.log"))).toBe(false);
});
