import { EvidenceStore, openExistingLog } from "@pratique/audit";
import { type AuditRecord, messageOf } from "@pratique/core";
import { type Replay, replayVerdict } from "@pratique/gate";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

const PAGE = 1000;

export interface ReplayFlags {
  readonly json?: boolean;
}

interface Outcome {
  readonly sequence: number;
  readonly image: string;
  readonly recorded: string;
  readonly again: string;
  readonly same: boolean;
  /** Why it could not be computed again. */
  readonly problem?: string;
}

/** `pratique policy replay`: computes every recorded verdict again, from its record alone, and compares. */
export function policyReplay({ settings, console, now }: Context, flags: ReplayFlags): ExitCode {
  using log = openExistingLog({ directory: settings.layout.audit, now });
  const evidence = new EvidenceStore(settings.layout.evidence, now);
  const outcomes: Outcome[] = [];
  for (const record of verdicts(log)) outcomes.push(replayed(record, () => replayVerdict(record, evidence)));
  const different = outcomes.filter(({ same }) => !same);
  if (flags.json === true) {
    console.print(`${JSON.stringify({ verdicts: outcomes.length, different }, undefined, 2)}\n`);
  } else {
    console.print(
      `${outcomes.length} verdicts were computed again, ${different.length} came out differently\n`,
    );
    for (const { sequence, image, recorded, again, problem } of different) {
      const what = problem ?? `${recorded} then, ${again} now`;
      console.print(`  record ${sequence}, ${printable(image)}: ${printable(what)}\n`);
    }
  }
  return different.length === 0 ? exitCodes.fine : exitCodes.refused;
}

function replayed({ sequence }: AuditRecord, replay: () => Replay): Outcome {
  try {
    const { recorded, again, same } = replay();
    return {
      sequence,
      image: recorded.subject.image,
      recorded: recorded.decision,
      again: again.decision,
      same,
    };
  } catch (thrown) {
    return { sequence, image: "", recorded: "", again: "", same: false, problem: messageOf(thrown) };
  }
}

function* verdicts(log: ReturnType<typeof openExistingLog>): Generator<AuditRecord> {
  let after = 0;
  for (;;) {
    const page = log.read({ after, limit: PAGE });
    yield* page.filter((record) => record.class === "verdict");
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.sequence;
  }
}
