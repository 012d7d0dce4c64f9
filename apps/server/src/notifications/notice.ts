import type { JsonObject } from "@pratique/core";
import type { NotificationInput } from "@pratique/notify";
import type { NewNotice } from "@pratique/store";

/** Where people read more: the address of the console, without a slash at its end. */
export type Origin = () => string;

export type Labels = Readonly<Record<string, string>>;

const MAX_LABELS = 40;

/** A notification as a notice; what has a `once` is told a single time. */
export function noticeOf({ labels, ...notification }: NotificationInput, once?: string): NewNotice {
  // It is JSON by its type; this leaves out what is undefined and says so to the compiler.
  const value: JsonObject = JSON.parse(
    JSON.stringify({
      ...notification,
      labels: Object.fromEntries(Object.entries(labels).slice(0, MAX_LABELS)),
    }),
  );
  return once === undefined ? { value } : { value, once };
}

/** A link into the console. */
export function linkTo(origin: Origin, ...parts: readonly string[]): string {
  return `${origin()}/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
}

/** Lines, without those that say nothing. */
export function linesOf(...lines: readonly (string | undefined)[]): string {
  return lines.filter((line) => line !== undefined && line !== "").join("\n");
}

/** One of something, or several. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
