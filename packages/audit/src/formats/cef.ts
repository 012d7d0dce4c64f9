import { isIP } from "node:net";
import type { TreeEntry } from "../tree/tree-event.ts";
import { type LoggedEntry, openedValue, resultOf } from "./logged-entry.ts";
import { visibleText } from "./visible-text.ts";

/** What sends: the first fields of each event. */
export interface CefDevice {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
}

/** From 0 to 10. */
const severities = { denied: 6, failure: 5, pending: 4, success: 3, "": 3 } as const;

/**
 * One event in ArcSight's Common Event Format, version 0, without a newline. What an attacker chose stays inside of
 * its field: bars and backslashes are escaped in the header, equal signs, backslashes and line ends in extensions.
 */
export function formatCef(logged: LoggedEntry, device: CefDevice): string {
  const { entry } = logged;
  const severity = String(severities[resultOf(entry)]);
  const name = `${entry.class}: ${entry.action}`;
  const header = [device.vendor, device.product, device.version, entry.action, name, severity];
  const extension = extensionOf(logged).map(([key, value]) => `${key}=${escapeExtension(value)}`);
  return `CEF:0|${header.map(escapeHeader).join("|")}|${extension.join(" ")}`;
}

function extensionOf(logged: LoggedEntry): readonly (readonly [string, string])[] {
  const { origin, index, entry } = logged;
  const address = openedValue(logged, "actor.address");
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["rt", String(Date.parse(entry.time))],
    ["externalId", String(index)],
    ["cat", entry.class],
    ["act", entry.action],
    ["outcome", resultOf(entry)],
    ["reason", entry.decision?.rule],
    ["suid", entry.actor.id],
    ["suser", openedValue(logged, "actor.name")],
    ["src", address !== undefined && isIP(address) === 4 ? address : undefined],
    ["c6a2", address !== undefined && isIP(address) === 6 ? address : undefined],
    ["c6a2Label", address !== undefined && isIP(address) === 6 ? "Source IPv6 Address" : undefined],
    ["cs1Label", "subject"],
    ["cs1", subjectOf(entry)],
    ["cs2Label", "session"],
    ["cs2", entry.actor.session],
    ["cs3Label", "call"],
    ["cs3", entry.call],
    ["cs4Label", "log"],
    ["cs4", origin],
    ["cs5Label", "stage"],
    ["cs5", entry.stage],
    ["msg", entry.data === undefined ? undefined : JSON.stringify(entry.data)],
  ];
  const known = new Set(fields.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [key])));
  return fields.flatMap(([key, value]) => {
    const isIdle = key.endsWith("Label") && !known.has(key.slice(0, -"Label".length));
    return value === undefined || value === "" || isIdle ? [] : [[key, value] as const];
  });
}

function subjectOf({ subject }: TreeEntry): string | undefined {
  return subject === undefined ? undefined : `${subject.kind}:${subject.id}`;
}

function escapeHeader(text: string): string {
  return visibleText(text.replaceAll(/\s/gu, " ")).replaceAll(/[\\|]/gu, "\\$&");
}

/** Line ends have an escape of their own in this format; they are set aside before the rest is made visible. */
function escapeExtension(text: string): string {
  return text
    .split(/\r\n|\n|\r/u)
    .map((line) => visibleText(line).replaceAll(/[\\=]/gu, "\\$&"))
    .join("\\n");
}
