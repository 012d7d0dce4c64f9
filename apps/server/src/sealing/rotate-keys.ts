import { type KeyRecord, type ResealReport, reseal } from "@pratique/sealing";
import type { Store } from "@pratique/store";
import type { Sealing } from "./open-sealing.ts";
import { sealedRowsIn } from "./sealed-rows.ts";

/** What became of one purpose, or would. */
export interface PurposeRotation {
  readonly purpose: string;
  /** `continued`: an earlier rotation had not come to its end. */
  readonly begun: "new" | "continued";
  readonly report: ResealReport;
}

export interface RotateOptions {
  readonly store: Store;
  readonly sealing: Sealing;
  /** Says what would be done, and changes nothing. */
  readonly plan?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (purpose: string, seen: number) => void;
}

/**
 * Gives every purpose a new data key and moves all that is sealed over to it. Stopped at any point, it goes on where it
 * was when it is called again. Throws SealingError.
 */
export async function rotateDataKeys(options: RotateOptions): Promise<readonly PurposeRotation[]> {
  const { store, sealing, plan = false } = options;
  const rotated: PurposeRotation[] = [];
  for (const purpose of purposesIn(store, await sealing.keys.records())) {
    const begun = (await isUnfinished(options, purpose)) ? "continued" : "new";
    if (begun === "new") await sealing.keys.rotateDek(purpose, { plan });
    rotated.push({ purpose, begun, report: await resealAll(options, purpose) });
  }
  return rotated;
}

/** Of purposes without a key there is nothing to rotate. */
function purposesIn({ settings }: Store, records: readonly KeyRecord[]): readonly string[] {
  const keyed = records.filter(({ use, state }) => use === "seal" && state !== "retired");
  const known = new Set([...settings.sealedValues.purposes(), ...keyed.map(({ purpose }) => purpose)]);
  return [...known].filter((purpose) => keyed.some((record) => record.purpose === purpose)).sort();
}

/** Whether something is sealed under a key that is no longer written with. */
async function isUnfinished({ store, sealing }: RotateOptions, purpose: string): Promise<boolean> {
  const rows = sealedRowsIn(store.settings, purpose);
  const current = await sealing.keys.currentId(purpose);
  const former = (await sealing.keys.records()).filter(
    ({ id, use, state, purpose: its }) =>
      its === purpose && use === "seal" && state !== "retired" && id !== current,
  );
  for (const { id } of former) if ((await rows.countUnder(id)) > 0) return true;
  return false;
}

async function resealAll(options: RotateOptions, purpose: string): Promise<ResealReport> {
  const { store, sealing, plan = false, signal, onProgress } = options;
  const run = reseal({
    purpose,
    keys: sealing.keys,
    sealer: sealing.sealer,
    rows: sealedRowsIn(store.settings, purpose),
    plan,
    ...(signal !== undefined && { signal }),
  });
  for (;;) {
    const step = await run.next();
    if (step.done === true) return step.value;
    onProgress?.(purpose, step.value.seen);
  }
}
