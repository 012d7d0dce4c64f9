import { canonicalJson } from "../tree/canonical-json.ts";
import { type LoggedEntry, openedValue } from "./logged-entry.ts";
import { visibleText } from "./visible-text.ts";

/**
 * One line of JSON, without the newline: the entry as it is in the log, its place, and the personal values that are
 * known, under `opened`. A newline inside a value is escaped, so that a line stays a line.
 */
export function formatJsonLine(logged: LoggedEntry): string {
  const { origin, index, entry } = logged;
  const { actor, subject, decision, ...rest } = entry;
  const [name, address] = [openedValue(logged, "actor.name"), openedValue(logged, "actor.address")];
  const opened = {
    ...(name === undefined ? {} : { "actor.name": name }),
    ...(address === undefined ? {} : { "actor.address": address }),
  };
  const text = canonicalJson({
    origin,
    index,
    entry: {
      ...rest,
      actor: { ...actor },
      ...(subject === undefined ? {} : { subject: { ...subject } }),
      ...(decision === undefined ? {} : { decision: { ...decision } }),
    },
    ...(Object.keys(opened).length === 0 ? {} : { opened }),
  });
  return escapeSteering(text);
}

/** JSON leaves some characters as they are that steer terminals; inside of strings they may be escaped. */
export function escapeSteering(json: string): string {
  return visibleText(json) === json ? json : json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  let escaped = "";
  for (let at = 0; at < character.length; at += 1) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
