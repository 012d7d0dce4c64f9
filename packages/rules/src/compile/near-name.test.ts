import { expect, it } from "vitest";
import { nearName } from "./near-name.ts";

it.each([
  ["a letter is missing", "shel_binaries", "shell_binaries"],
  ["two letters changed places", "spawned_porcess", "spawned_process"],
  ["three letters are missing", "spawned_pro", undefined],
  ["it is longer than names are", "s".repeat(65), undefined],
])("finds what is meant where %s", (_, wrong, meant) => {
  expect(nearName(wrong, ["shell_binaries", "spawned_process", "s".repeat(64)])).toBe(meant);
});

it("prefers the nearest", () => {
  expect(nearName("prq_shells", ["prq_smells1", "prq_shell", "prq"])).toBe("prq_shell");
});
