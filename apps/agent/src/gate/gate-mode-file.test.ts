import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { GateModeFile } from "./gate-mode-file.ts";

it("keeps what a command said", () => {
  using directory = tempDirectory();
  const file = new GateModeFile(directory.at("agent", "gate-mode.json"));
  expect(file.read()).toBeUndefined();
  file.write("observe");
  expect(file.read()).toBe("observe");
});

it.each([
  ["", /JSON/u],
  ['{"form":1,"mode":"enf', /JSON/u],
  ['{"form":1,"mode":"off"}', /enforce/u],
])("does not take %j for no command", (text, message) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("gate-mode.json"), text);
  expect(() => new GateModeFile(directory.at("gate-mode.json")).read()).toThrow(message);
});
