import type { DetectionEntry, ReplyOf, tryRuleFile } from "@pratique/api";
import { type FieldCatalog, type FieldType, type FieldValue, isEventType } from "@pratique/core";
import { formatRuleIssue, knownFields, type Rule, RuleTrial } from "@pratique/rules";
import type { StoredPolicy } from "@pratique/store";
import { ServerError } from "../errors.ts";
import { loadWith, rulesOfDraft } from "./check-rule-file.ts";

type Trial = ReplyOf<typeof tryRuleFile>;

/** A detection, with what was kept of the fields of its event. */
interface Recorded {
  readonly detection: DetectionEntry;
  readonly eventType: Rule["eventTypes"][number];
  /** Undefined stands for a field that had no value. */
  readonly fields: ReadonlyMap<string, string | undefined>;
}

const MAX_CHANGED = 200;
const MAX_MISSING = 16;
/** What stands in an output for a field without a value. */
const NOT_AVAILABLE = "<NA>";
const CUT = "…";
/** Rules know a container by so much of its id. */
const SHORT_ID = 12;

/** Asks the rules of a draft, and those that it changes, about recorded detections. Throws `RULES_INVALID`. */
export function tryDraft(
  draft: Pick<StoredPolicy, "name" | "text" | "enabled">,
  held: readonly StoredPolicy[],
  detections: readonly DetectionEntry[],
): Trial {
  const loaded = loadWith(draft, held);
  if (loaded.kind === "invalid") {
    const [first] = loaded.issues.filter(({ level }) => level === "error");
    throw new ServerError(
      "RULES_INVALID",
      first === undefined ? "the rules do not load" : formatRuleIssue(first),
    );
  }
  const recorded = detections.flatMap(recordedOf);
  const trial = new RuleTrial(catalog, {
    typeOf: ({ eventType }) => eventType,
    knows: ({ fields }, field) => fields.has(field),
  });
  const tried = rulesOfDraft(draft, loaded).map((rule) => tryRule(rule, recorded, trial));
  return {
    detections: detections.length,
    rules: tried.map(({ counts }) => counts),
    changed: tried
      .flatMap(({ changed }) => changed)
      .toSorted((left, right) => (left.time > right.time ? -1 : 1))
      .slice(0, MAX_CHANGED),
  };
}

function tryRule(rule: Rule, recorded: readonly Recorded[], trial: RuleTrial<Recorded>) {
  const counts = { matches: 0, differs: 0, unknown: 0, quieter: 0 };
  const missing = new Map<string, number>();
  const changed: Trial["changed"] = [];
  for (const each of recorded) {
    if (!rule.eventTypes.includes(each.eventType)) continue;
    const isOwn = each.detection.rule === rule.name;
    // A rule that is off tells nothing, whatever it would match.
    const answer = rule.enabled ? trial.ask(rule, each) : { kind: "differs" as const };
    counts[answer.kind] += 1;
    if (answer.kind === "unknown") {
      for (const field of answer.fields) missing.set(field, (missing.get(field) ?? 0) + 1);
      continue;
    }
    if (isOwn === (answer.kind === "matches")) continue;
    if (isOwn) counts.quieter += 1;
    changed.push({ ...shownOf(each.detection), rule: rule.name, answer: answer.kind });
  }
  const inOrder = [...missing].toSorted(([, left], [, right]) => right - left).map(([field]) => field);
  return { counts: { rule: rule.name, ...counts, missing: inOrder.slice(0, MAX_MISSING) }, changed };
}

function shownOf({ id, time, host, container, output, rule }: DetectionEntry) {
  return { detectionId: id, time, host, container, output, told: rule };
}

/** Taken from what a detection says of its fields, of what matched, of its processes and of its container. */
function recordedOf(detection: DetectionEntry): readonly Recorded[] {
  const { eventType } = detection;
  if (!isEventType(eventType)) return [];
  const fields = new Map<string, string | undefined>();
  const note = (field: string, value: string | undefined) => {
    // What was cut off is not known.
    if (value === undefined || !value.endsWith(CUT)) fields.set(field, value);
  };
  const [actor, parent] = detection.processes;
  if (actor !== undefined) {
    note("proc.name", actor.name);
    note("proc.exepath", actor.exePath);
    note("proc.pid", String(actor.pid));
    note("user.name", actor.user === "" ? undefined : actor.user);
    note("proc.pname", parent?.name);
    note("proc.pexepath", parent?.exePath);
  }
  note("container.id", detection.containerId?.slice(0, SHORT_ID) ?? "host");
  if (detection.containerId !== undefined) {
    note("container.name", detection.container);
    note("container.image", detection.image);
  }
  for (const { field, value } of detection.matched) {
    // Of a field with several values it says which one matched, and not which others there were.
    if (value !== "" && knownFields.get(field)?.multiplicity === "one") note(field, value);
  }
  for (const [field, value] of Object.entries(detection.fields)) {
    if (knownFields.get(field)?.multiplicity === "one")
      note(field, value === NOT_AVAILABLE ? undefined : value);
  }
  return [{ detection, eventType, fields }];
}

const catalog: FieldCatalog<Recorded> = {
  reader(name, argument) {
    const field = knownFields.get(name);
    if (field === undefined || field.type === "any" || argument !== undefined) return undefined;
    const { type } = field;
    return { type, isList: false, read: ({ fields }) => fieldValue(type, fields.get(name)) };
  },
};

/** The value that was written down as text. */
function fieldValue(type: FieldType, text: string | undefined): FieldValue | undefined {
  if (text === undefined) return undefined;
  switch (type) {
    case "number": {
      const value = Number(text);
      return Number.isNaN(value) ? undefined : value;
    }
    case "boolean":
      return text === "true";
    case "bytes":
      return new TextEncoder().encode(text);
    case "string":
    case "address":
    case "network":
      return text;
  }
}
