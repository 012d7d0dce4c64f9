import type { Expected } from "../../canonical/observable.ts";
import { type Fields, objectOf, objectsOf, textOf, timeOf, wholeOf } from "../../location/fields.ts";
import type { FeedSink } from "../feed.ts";

/** What attributes say that their value is; a `|` parts two values. Sources of traffic are not called, and left out. */
const TYPES: Readonly<Record<string, readonly Expected[]>> = {
  "ip-dst": ["address"],
  "ip-dst|port": ["address"],
  domain: ["domain"],
  hostname: ["domain"],
  "hostname|port": ["domain"],
  "domain|ip": ["domain", "address"],
  url: ["url"],
  md5: ["hash"],
  sha1: ["hash"],
  sha256: ["hash"],
  sha512: ["hash"],
};

/** Tags that name a family, as MISP's galaxies do: `misp-galaxy:malpedia="Emotet"`. */
const FAMILY_TAG =
  /^misp-galaxy:(?:malpedia|mitre-malware|botnet|ransomware|rat|tool|stealer|banker|backdoor)="(?<name>[^"]+)"$/u;

/** `{ "Event": … }`, a list of them, or `{ "response": […] }`; undefined where it is none. */
export function eventsOf(document: unknown): readonly Fields[] | undefined {
  if (Array.isArray(document)) return objectsOf(objectsOf(document).map(({ Event }) => Event));
  const fields = objectOf(document);
  if (fields === undefined) return undefined;
  if (fields.response !== undefined) return eventsOf(fields.response);
  const event = objectOf(fields.Event);
  return event === undefined ? undefined : [event];
}

/** Reads the attributes of one event, those of its objects included. */
export function readEvent(event: Fields, path: string, sink: FeedSink): void {
  const about = { path, sink, family: familyOf(event) ?? textOf(event.info)?.slice(0, 120) };
  for (const attribute of objectsOf(event.Attribute)) readAttribute(attribute, event, about);
  for (const object of objectsOf(event.Object)) {
    if (object.deleted === true) continue;
    for (const attribute of objectsOf(object.Attribute)) readAttribute(attribute, event, about);
  }
}

interface About {
  readonly path: string;
  readonly sink: FeedSink;
  readonly family: string | undefined;
}

function readAttribute(attribute: Fields, event: Fields, { path, sink, family }: About): void {
  const type = textOf(attribute.type) ?? "";
  const expected = TYPES[type];
  if (expected === undefined) {
    sink.ignored("of a type that is not looked at");
    return;
  }
  if (attribute.to_ids !== true || attribute.deleted === true) {
    sink.ignored(attribute.deleted === true ? "deleted" : "not for detection");
    return;
  }
  const parts = String(attribute.value ?? "").split("|");
  const port = type.endsWith("|port") ? wholeOf(parts[1]) : undefined;
  for (const [index, what] of expected.entries()) {
    sink.indicator({
      where: `${path}#${textOf(attribute.uuid) ?? type}`,
      text: parts[index] ?? "",
      expected: what,
      port,
      family: familyOf(attribute) ?? family,
      firstSeen: timeOf(attribute.first_seen) ?? secondsOf(attribute.timestamp) ?? timeOf(event.date),
    });
  }
}

function familyOf(tagged: Fields): string | undefined {
  for (const { name } of objectsOf(tagged.Tag)) {
    const family = typeof name === "string" ? FAMILY_TAG.exec(name)?.groups?.name : undefined;
    if (family !== undefined) return family;
  }
  return undefined;
}

function secondsOf(value: unknown): number | undefined {
  const seconds = wholeOf(value);
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
}
