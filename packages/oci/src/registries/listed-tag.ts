import { textOf } from "../json-shape.ts";
import type { ListedTag } from "./registry-kind.ts";

/** A tag and its time as an API gives them: a date, or milliseconds. Undefined where the name is no text. */
export function listedTag(name: unknown, time: unknown): ListedTag | undefined {
  const text = textOf(name);
  if (text === undefined) return undefined;
  const pushedAtMs = typeof time === "number" ? time : Date.parse(textOf(time) ?? "");
  return { name: text, ...(Number.isFinite(pushedAtMs) && { pushedAtMs }) };
}
