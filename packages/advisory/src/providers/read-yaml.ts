import { messageOf } from "@pratique/core";
import { parse } from "yaml";
import { type Fields, objectOf } from "../location/fields.ts";

/** Reads a small YAML document of which every scalar stays a text, or tells what is wrong with it. */
export function readYamlFields(text: string): Fields | string {
  try {
    // The failsafe schema keeps every scalar a string: "1.10" is a version, not a number.
    const value: unknown = parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "error" });
    return objectOf(value) ?? "expected an object";
  } catch (thrown) {
    return messageOf(thrown);
  }
}
