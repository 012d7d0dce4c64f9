import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { writeBytes } from "./files.ts";

it("replaces what was kept, also behind a link, for its owner alone", () => {
  using directory = tempDirectory();
  const [file, link] = [directory.at("kept"), directory.at("link")];
  writeBytes(file, "one");
  symlinkSync(file, link);
  writeBytes(link, "two");
  expect([readFileSync(file, "utf8"), lstatSync(link).isSymbolicLink()]).toEqual(["two", true]);
  expect([statSync(file).mode & 0o777, readdirSync(directory.path)]).toEqual([0o600, ["kept", "link"]]);
  writeBytes("/dev/null", "three");
});

it("keeps what was kept where the next cannot be written", () => {
  using directory = tempDirectory();
  const file = directory.at("kept");
  writeFileSync(file, "one");
  // As a full disk does, whoever the test runs as: a directory lies where the new text would be written first.
  mkdirSync(`${file}.${process.pid}.tmp`);
  expect(() => writeBytes(file, "two")).toThrow(expect.objectContaining({ code: "FILE_UNWRITABLE" }));
  expect(readFileSync(file, "utf8")).toBe("one");
});
