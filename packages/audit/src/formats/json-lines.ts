import { canonicalJson } from "../tree/canonical-json.ts";
import { type LoggedEntry, openedValue } from "./logged-entry.ts";
import { visibleText } from "./visible-text.ts";

/**
 * One line of JSON, without the newline: the entry as it is in the log, its place, and the personal values that are
 * known, under `opened`. With a proof (c2sp.org/tlog-proof) it holds all that `verifyJsonLine` needs: the proof, and under
 * `salts` what shows that the entry committed to those values. A newline inside a value is escaped, so that a line stays a line.
 */
export function formatJsonLine(logged: LoggedEntry, proof?: string): string {
  const { origin, index, entry } = logged;
  const { actor, subject, decision, ...rest } = entry;
  const [name, address] = [openedValue(logged, "actor.name"), openedValue(logged, "actor.address")];
  const opened = {
    ...(name === undefined ? {} : { "actor.name": name }),
    ...(address === undefined ? {} : { "actor.address": address }),
  };
  const salts = Object.fromEntries(
    (logged.openings ?? []).filter(({ field }) => field in opened).map(({ field, salt }) => [field, salt]),
  );
  const isOpened = Object.keys(opened).length > 0;
  const text = canonicalJson({
    origin,
    index,
    entry: {
      ...rest,
      actor: { ...actor },
      ...(subject === undefined ? {} : { subject: { ...subject } }),
      ...(decision === undefined ? {} : { decision: { ...decision } }),
    },
    ...(isOpened && { opened }),
    ...(proof !== undefined && { proof, ...(isOpened && { salts }) }),
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
