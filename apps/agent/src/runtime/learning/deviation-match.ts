import type { EventType, MatchedPart, RuntimeEvent } from "@pratique/core";
import { type Deviation, formatItem, type ItemKind } from "@pratique/profile";
import type { Rule } from "@pratique/rules";
import type { SensorEvent } from "@pratique/sensor";
import type { CaptureWish } from "../recorder/capture-keeper.ts";

/** What an event is told for: a rule that it matched, or what takes the place of one. */
export interface DetectedMatch<Event extends RuntimeEvent = SensorEvent> {
  readonly rule: Pick<Rule, "name" | "description" | "priority" | "tags" | "action"> & CaptureWish;
  readonly event: Event;
  readonly eventType: EventType;
  output(): string;
  fields(): Readonly<Record<string, string>>;
  /** The parts of the condition that held. */
  parts(): readonly MatchedPart[];
}

export const DEVIATION_RULE = "Deviation from the learned profile";

const DESCRIPTION =
  "A container did something that no container of its image did while the profile of the image was learned, or that " +
  "a person said no to.";

/** Makes a detection of a deviation: what came is the output, what is known instead the explanation. */
export function deviationMatch<Event extends RuntimeEvent>(
  deviation: Deviation,
  event: Event,
): DetectedMatch<Event> {
  const { item, priority, reason, text } = deviation;
  const { container, process } = event;
  return {
    rule: {
      name: DEVIATION_RULE,
      description: DESCRIPTION,
      priority,
      tags: ["container", "profile", `profile_${item.kind}`, ...tactics[item.kind]],
      action: undefined,
    },
    event,
    eventType: event.type,
    output: () =>
      `${text} (process=${process.name} container=${container?.name ?? ""} image=${container?.image ?? ""})`,
    fields: () => ({
      "proc.name": process.name,
      "proc.exepath": process.exePath,
      "container.name": container?.name ?? "",
      "container.image": container?.image ?? "",
    }),
    parts: () => [
      {
        text: reason === "rejected" ? `a person said no: ${text}` : text,
        field: `profile.${item.kind}`,
        value: formatItem(item),
      },
    ],
  };
}

/** MITRE ATT&CK has no technique for all that is new; the tactic follows from what is. */
const tactics: Readonly<Record<ItemKind, readonly string[]>> = {
  executable: ["mitre_execution"],
  hash: ["mitre_execution"],
  parent: ["mitre_execution"],
  peer: ["mitre_command_and_control"],
  port: ["mitre_command_and_control"],
  name: ["mitre_command_and_control"],
  listen: ["mitre_persistence"],
  socket: ["mitre_lateral_movement"],
  write: ["mitre_persistence"],
  secret: ["mitre_credential_access"],
  capability: ["mitre_privilege_escalation"],
  user: ["mitre_privilege_escalation"],
  syscall: ["mitre_execution"],
  mount: ["mitre_privilege_escalation"],
};
