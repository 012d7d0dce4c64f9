import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as wire from "./wire-format.ts";

const header = readFileSync(new URL("../../native/wire.h", import.meta.url), "utf8");

function enumOf(name: string): readonly (readonly [string, number])[] {
  const body = new RegExp(`enum ${name} \\{(.*?)\\};`, "su").exec(header)?.[1] ?? "";
  return [...body.matchAll(/WIRE_(\w+) = (\d+)/gu)].map(([, key = "", value]) => [key, Number(value)]);
}

function camel(text: string): string {
  return text.toLowerCase().replaceAll(/_(.)/gu, (_, letter: string) => letter.toUpperCase());
}

describe("the names and numbers of the wire", () => {
  it.each([
    ["wire_frame_type", "FRAME_", wire.frameTypes],
    ["wire_flag", "", wire.recordFlags],
    ["wire_tag", "", wire.wireTags],
    ["wire_exe_flag", "EXE_", wire.exeFlags],
    ["wire_file_flag", "FILE_", wire.fileFlags],
    ["wire_channel_hook", "HOOK_", wire.channelHooks],
    ["wire_packet_direction", "PACKET_", wire.packetDirections],
    ["wire_primitive", "PRIMITIVE_", wire.primitives],
  ])("%s is as the header has it", (name, prefix, table) => {
    const expected = enumOf(name).map(([key, value]) => [camel(key.slice(prefix.length)), value]);
    expect(expected.length).toBeGreaterThan(0);
    expect(Object.fromEntries(expected)).toEqual(table);
  });

  it("has kinds by the names of the rule language", () => {
    const expected = enumOf("wire_kind").map(([key, value]) => [key.toLowerCase(), value]);
    expect(Object.fromEntries(expected)).toEqual(wire.wireKinds);
  });

  it("has the version and the sizes of the header", () => {
    const sizes = [...header.matchAll(/WIRE_ASSERT\(wire_(\w+), (\d+)\)/gu)];
    expect(Object.fromEntries(sizes.map(([, name, size]) => [name, Number(size)]))).toEqual(wire.wireSizes);
    expect(/WIRE_VERSION (\d+)/u.exec(header)?.[1]).toBe(String(wire.wireVersion));
  });
});
