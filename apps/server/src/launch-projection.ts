import { type LaunchEntry, type LaunchReason, launchRecordData, showLaunch } from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import type { LaunchOutcome, LaunchProjection, StoredLaunch } from "@pratique/store";
import { exceptionHintFor } from "./exception-hint.ts";

type RecordData = ReturnType<typeof launchRecordData.parse>;
type Placed = "id" | "sequence" | "recordHash" | "time" | "host";

/**
 * What a record tells of a launch: undefined where it tells of none, `unreadable` where it should and cannot be
 * read.
 */
export function projectLaunch(record: AuditRecord): LaunchProjection | "unreadable" | undefined {
  if (record.class !== "launch" && record.class !== "verdict") return undefined;
  if (record.data.verdict === undefined) return undefined;
  const parsed = launchRecordData.safeParse(record.data);
  if (!parsed.success) return "unreadable";
  const { verdict, launch } = parsed.data;
  if (verdict.stage !== "launch") return undefined;

  const document = documentOf(record, parsed.data);
  return {
    decision: verdict.decision,
    outcome: document.outcome,
    image: document.image,
    ...(document.imageId !== undefined && { imageId: document.imageId }),
    words: [
      document.container,
      launch?.containerId ?? "",
      ...verdict.violations.map(({ policy, rule }) => `${policy}/${rule}`),
    ],
    document,
  };
}

/** Puts a stored launch together again. */
export function launchEntryOf({ document, ...place }: StoredLaunch): LaunchEntry {
  const { id, sequence, recordHash, time, host } = place;
  return showLaunch.reply.parse({ ...document, id, sequence, recordHash, time, host });
}

function documentOf(
  record: AuditRecord,
  { verdict, launch, enforced }: RecordData,
): Omit<LaunchEntry, Placed> {
  const { image, imageId, container } = verdict.subject;
  const containerId = launch?.containerId ?? "";
  const caller = launch?.caller ?? "";
  return {
    decision: verdict.decision,
    outcome: outcomeOf(verdict, enforced ?? true),
    action: launch?.action ?? record.action,
    stage: verdict.stage,
    container: launch?.name || container || containerId.slice(0, 12),
    ...(containerId !== "" && { containerId }),
    image: launch?.image || image,
    ...(imageId !== undefined && { imageId }),
    caller: caller === "" ? record.actor : caller,
    policyRevision: verdict.policyRevision,
    assessment: verdict.assessment.state,
    assessmentReasons: verdict.assessment.reasons,
    reasons: verdict.violations.map((violation) => reasonOf(violation, launch?.image || image)),
  };
}

function outcomeOf({ decision, violations }: RecordData["verdict"], enforced: boolean): LaunchOutcome {
  if (decision === "deny") return enforced ? "denied" : "observed";
  const visible = violations.some(({ enforcement }) => enforcement !== "dry-run");
  return visible ? "warned" : "allowed";
}

function reasonOf(violation: RecordData["verdict"]["violations"][number], image: string): LaunchReason {
  const { policy, rule, waivedBy } = violation;
  return {
    ...violation,
    ...(waivedBy === undefined && { exceptionHint: exceptionHintFor({ policy, rule, image }) }),
  };
}
