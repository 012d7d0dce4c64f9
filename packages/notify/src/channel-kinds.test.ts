import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { channelKinds } from "./channel-kinds.ts";
import { effectsOf } from "./testdata/peers.ts";

it("lists every kind of channel, sorted", () => {
  const files = readdirSync(path.join(import.meta.dirname, "channels"))
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => path.basename(file, ".ts"));
  expect(channelKinds.map(({ name }) => name)).toEqual(files.sort());
});

it.each(channelKinds.map((kind) => ({ kind, name: kind.name })))("$name keeps the contract", ({ kind }) => {
  expect(kind.version).toBeGreaterThan(0);
  expect(kind.secrets.every((field) => /^[a-z]\w*$/iu.test(field))).toBe(true);
  for (const settings of [undefined, null, 1, "x", [], {}, { url: 1, host: 1 }]) {
    expect(() => kind.open(settings, effectsOf())).toThrow(
      expect.objectContaining({ code: "SETTINGS_INVALID" }),
    );
  }
});
