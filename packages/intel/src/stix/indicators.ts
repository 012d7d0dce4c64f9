import type { FeedSink } from "../feeds/feed.ts";
import { type Fields, objectOf, objectsOf, textOf, timeOf, wholeOf } from "../location/fields.ts";
import { readPattern } from "./pattern.ts";

const MAX_ID = 128;

/** The objects of a bundle, of a TAXII envelope, of a list, or one object alone; undefined where it is none of them. */
export function stixObjectsOf(document: unknown): readonly Fields[] | undefined {
  if (Array.isArray(document)) return objectsOf(document);
  const fields = objectOf(document);
  if (fields === undefined) return undefined;
  if (Array.isArray(fields.objects)) return objectsOf(fields.objects);
  // A bundle, or an envelope of TAXII, may hold no objects at all.
  if (fields.type === "bundle" || typeof fields.more === "boolean" || Object.keys(fields).length === 0)
    return [];
  return textOf(fields.type) === undefined ? undefined : [fields];
}

/** Reads the indicators among STIX 2.1 objects, with the malware that relationships say they indicate. */
export function readStixObjects(objects: readonly Fields[], path: string, sink: FeedSink): void {
  const families = familiesOf(objects);
  sink.recognized();
  for (const object of objects) {
    if (object.type === "indicator") readIndicator(object, families, { path, sink });
  }
}

/** By the id of the indicator: the name of what it indicates. */
function familiesOf(objects: readonly Fields[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { type, id, name } of objects) {
    const isFamily = type === "malware" || type === "tool" || type === "campaign" || type === "intrusion-set";
    if (isFamily && typeof id === "string" && typeof name === "string") names.set(id, name);
  }
  const families = new Map<string, string>();
  for (const { type, relationship_type: relation, source_ref: from, target_ref: to } of objects) {
    if (type !== "relationship" || relation !== "indicates") continue;
    const name = typeof to === "string" ? names.get(to) : undefined;
    if (name !== undefined && typeof from === "string") families.set(from, name);
  }
  return families;
}

function readIndicator(
  indicator: Fields,
  families: ReadonlyMap<string, string>,
  { path, sink }: { readonly path: string; readonly sink: FeedSink },
): void {
  const id = textOf(indicator.id)?.slice(0, MAX_ID) ?? "an indicator without an id";
  const where = `${path}#${id}`;
  if (indicator.revoked === true) {
    sink.ignored("revoked");
    return;
  }
  const pattern = textOf(indicator.pattern);
  if (pattern === undefined || (indicator.pattern_type ?? "stix") !== "stix") {
    sink.ignored("a pattern that is not STIX");
    return;
  }
  const reading = readPattern(pattern);
  if (reading.kind === "unsupported") {
    sink.refused(where, reading.reason);
    return;
  }
  for (const { text, expected, port } of reading.terms) {
    sink.indicator({
      where,
      text,
      expected,
      port,
      family: families.get(id) ?? textOf(indicator.name),
      confidence: wholeOf(indicator.confidence),
      firstSeen: timeOf(indicator.valid_from) ?? timeOf(indicator.created),
      expiresAt: timeOf(indicator.valid_until),
    });
  }
}
