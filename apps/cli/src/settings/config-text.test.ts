import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readConfigText } from "./config-text.ts";

const unreadable = expect.objectContaining({
  code: "CONFIG_INVALID",
  message: expect.stringMatching(/cannot be read/u),
});

it("gives nothing for an absent file, unless it was named", () => {
  using directory = tempDirectory();
  expect(readConfigText(directory.at("absent.yaml"), { named: false })).toBe(undefined);
  expect(() => readConfigText(directory.at("absent.yaml"), { named: true })).toThrow(unreadable);
});

it("gives an empty file as it is", () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("pratique.yaml"), "");
  expect(readConfigText(directory.at("pratique.yaml"), { named: false })).toBe("");
});

it("refuses a directory in place of a file", () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("pratique.yaml"));
  expect(() => readConfigText(directory.at("pratique.yaml"), { named: true })).toThrow(unreadable);
});
