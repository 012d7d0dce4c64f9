import { putRetention, type Retention, type StoredRetention } from "@pratique/api";
import { auditClasses } from "@pratique/core";
import {
  forgetContainers,
  type RetentionCounts,
  type RetentionPolicy,
  retain,
  type Store,
} from "@pratique/store";
import { ServerError } from "../errors.ts";

/** The name of the document that the ages are kept in. */
const RETENTION = "retention";

/** What holds where nobody has said otherwise: records for two years, everything else for as long as it is of use. */
export const defaultRetention: Retention = {
  launchDays: 400,
  recordDays: 730,
  findingDays: 730,
  containerDays: 30,
  reportDays: 90,
  legalHold: false,
};

const DAY_MS = 86_400_000;

/** The hold that the settings place and release; others, of a host or a time, stay as they are. */
const HOLD = "settings";

interface RetentionChange {
  readonly by: string;
  /** RFC 3339. */
  readonly now: string;
  /** The revision that is changed. */
  readonly revision: string;
}

/** How long each class of data is kept; the revision is `new` where nobody has said so yet. */
export async function retentionIn(store: Store): Promise<StoredRetention> {
  const held = await store.settings.documents.find(RETENTION);
  const parsed = putRetention.body.safeParse(held?.value);
  return { ...(parsed.success ? parsed.data : defaultRetention), revision: held?.revision ?? "new" };
}

/**
 * Writes it down, and gives its new revision; a legal hold is in force before this resolves. Undefined where another
 * revision is there by now: nothing has changed then.
 */
export async function setRetention(
  store: Store,
  retention: Retention,
  { by, now, revision }: RetentionChange,
): Promise<string | undefined> {
  if ((await retentionIn(store)).revision !== revision) return undefined;
  // First the hold, then the ages: never the other way round.
  if (retention.legalHold) await placeHold(store, { by, now });
  const written = await store.settings.documents.put(RETENTION, { ...retention }, revision);
  // Where somebody else was faster, the hold is as they have left it.
  const { legalHold } = written === undefined ? await retentionIn(store) : retention;
  if (!legalHold) await store.legalHolds.release(HOLD);
  return written;
}

async function placeHold(store: Store, { by, now }: Pick<RetentionChange, "by" | "now">): Promise<void> {
  const reason = "everything is held by the settings";
  await store.legalHolds.place({ id: HOLD, scope: "all", subject: "", reason, placedBy: by, placedAt: now });
}

/**
 * Forgets what is older than the settings say, and not held. Throws `INTERNAL` where they cannot be read, as those of a later
 * version: what was to be kept for longer than usual would be gone for good.
 */
export async function applyRetention(store: Store, nowMs: number, clockMs = nowMs): Promise<RetentionCounts> {
  const held = await store.settings.documents.find(RETENTION);
  if (held !== undefined && !putRetention.body.safeParse(held.value).success)
    throw new ServerError("INTERNAL", "the settings of retention cannot be read: nothing is forgotten");
  const retention = await retentionIn(store);
  // Of two who set it at once, one may have released what the other had just placed.
  if (retention.legalHold) await placeHold(store, { by: "server", now: new Date(nowMs).toISOString() });
  await forgetContainers(store, new Date(nowMs - retention.containerDays * DAY_MS).toISOString());
  return await retain(store, policyOf(retention), nowMs, clockMs);
}

function policyOf({ launchDays, recordDays, findingDays, reportDays }: Retention): RetentionPolicy {
  return {
    launches: launchDays,
    detections: launchDays,
    records: Object.fromEntries(auditClasses.map((name) => [name, recordDays])),
    reports: reportDays,
    timeline: findingDays,
  };
}
