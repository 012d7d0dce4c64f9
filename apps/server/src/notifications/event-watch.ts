import { AGENT_SILENT_AFTER_MS } from "@pratique/api";
import { isDigest, parseDigest } from "@pratique/core";
import type {
  NewNotice,
  NumberedChange,
  RecordRange,
  Store,
  StoredApproval,
  WatchedLaunch,
} from "@pratique/store";
import type { Logger } from "pino";
import { detectionSettingsIn } from "../settings/detection-settings.ts";
import { approvalNotice } from "./approval-notices.ts";
import { DetectionGroups } from "./detection-notices.ts";
import { findingNotices } from "./finding-notice.ts";
import { hostNotices, silentNotice } from "./host-notices.ts";
import { launchNotice } from "./launch-notice.ts";
import { type LogState, logNotices } from "./log-notices.ts";
import type { Origin } from "./notice.ts";
import { responseNotice } from "./response-notice.ts";

export interface EventWatchOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly origin: Origin;
  /** How the server's log is now. */
  readonly logState: () => Promise<LogState>;
  readonly log: Logger;
}

const CHANGES_AT_ONCE = 500;
/** How things stand is looked at so often, whatever changes meanwhile. */
const LOOK_EVERY_MS = 1_000;
/** So often for what is told only when it has been so for minutes. */
const LOOK_AT_LOG_EVERY_MS = 15_000;
/** Approvals that are older are no news. */
const APPROVALS_ARE_NEWS_MS = 2 * 86_400_000;
const OWNER_LABEL = "team";
/** What was told is remembered in memory, too, so that the store need not be asked each time. */
const MAX_REMEMBERED = 50_000;

/**
 * Makes notices of what has happened, from what the store holds: from the feed of changes, whose place is kept together
 * with the notices, and from how things stand. So nothing is missed or told twice, whichever server was killed when.
 */
export class EventWatch {
  readonly #options: EventWatchOptions;
  #startedMs: number;
  readonly #told = new Set<string>();
  /** Up to where the feed was read, and what of that was written down. */
  #position = 0;
  #written = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookedAtLogAt = Number.NEGATIVE_INFINITY;

  constructor(options: EventWatchOptions) {
    this.#options = options;
    this.#startedMs = options.now();
  }

  /** Takes in all that is new. */
  async step(): Promise<void> {
    await this.#readFeed();
    const { now, elapsedMs } = this.#options;
    // Where the clock was ahead at the start, hosts would not be missed until it is there again.
    this.#startedMs = Math.min(this.#startedMs, now());
    const at = elapsedMs();
    if (at - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = at;
    await this.#add([...(await this.#approvals()), ...(await this.#silent()), ...(await this.#log(at))]);
  }

  async #readFeed(): Promise<void> {
    const { store, log } = this.#options;
    const kept = await store.settings.notices.position();
    // Another server may have read further, and this one further than it has written down.
    let position = Math.max(kept ?? (await store.changes.last()), this.#position);
    if (kept === undefined) await this.#move([], position);
    for (let more = true; more; ) {
      const { complete, changes } = await store.changes.since(position, CHANGES_AT_ONCE);
      if (!complete) {
        log.warn({ position }, "changes were forgotten before anybody could be told of them");
        return await this.#move([], await store.changes.last());
      }
      const last = changes.at(-1);
      if (last === undefined) return;
      const notices = await this.#noticesOf(changes);
      position = last.sequence;
      // What nobody has to hear of may be read twice: that spares the disk while hosts report.
      const isWorthWriting = notices.length > 0 || position - this.#written >= CHANGES_AT_ONCE;
      if (isWorthWriting) await this.#move(notices, position);
      this.#position = position;
      more = changes.length === CHANGES_AT_ONCE;
    }
  }

  /** Writes notices down together with the place in the feed. */
  async #move(notices: readonly NewNotice[], position: number): Promise<void> {
    const { store, now } = this.#options;
    await store.settings.notices.add(notices, now(), position);
    this.#position = position;
    this.#written = position;
  }

  async #noticesOf(changes: readonly NumberedChange[]): Promise<readonly NewNotice[]> {
    const { store, now, origin } = this.#options;
    const { watch } = store.settings;
    const subjects = (kind: NumberedChange["kind"]) => [
      ...new Set(changes.filter((change) => change.kind === kind).map(({ subject }) => subject)),
    ];
    const notices: NewNotice[] = [];
    notices.push(...(await this.#launches(await watch.refusals(subjects("launch")))));
    for (const range of rangesIn(changes, "launch-records")) {
      notices.push(...(await this.#launches(await watch.refusalsIn(range))));
    }
    notices.push(...(await this.#runtime(changes)));
    for (const image of await watch.newFindings(subjects("image"))) {
      const imageTeam = await this.#teamOf(image.imageId);
      notices.push(...findingNotices(image, { happened: "finding.new", imageTeam, origin }));
    }
    for (const image of await watch.newlyAffected(subjects("newly-affected"))) {
      const imageTeam = await this.#teamOf(image.imageId);
      notices.push(...findingNotices(image, { happened: "finding.affected", imageTeam, origin }));
    }
    for (const host of await watch.hosts(subjects("host"))) notices.push(...hostNotices(host, now(), origin));
    return notices;
  }

  async #launches(refused: readonly WatchedLaunch[]): Promise<readonly NewNotice[]> {
    const notices: NewNotice[] = [];
    // Many launches of one image come together: it is asked once.
    const teams = new Map<string | null, string | undefined>();
    for (const launch of refused) {
      const { imageId, labels } = launch;
      if (labels[OWNER_LABEL] === undefined && !teams.has(imageId)) {
        teams.set(imageId, await this.#teamOf(imageId));
      }
      const team = labels[OWNER_LABEL] ?? teams.get(imageId);
      const owned = team === undefined ? labels : { ...labels, [OWNER_LABEL]: team };
      notices.push(launchNotice(launch, owned, this.#options.origin));
    }
    return notices;
  }

  async #runtime(changes: readonly NumberedChange[]): Promise<readonly NewNotice[]> {
    const ranges = rangesIn(changes, "runtime-records");
    if (ranges.length === 0) return [];
    const { store, origin } = this.#options;
    const { notifyFrom } = await detectionSettingsIn(store);
    const detections = new DetectionGroups();
    const failed: NewNotice[] = [];
    for (const range of ranges) {
      detections.add(await store.settings.watch.detections(range, notifyFrom));
      for (const response of await store.settings.watch.responses(range)) {
        const notice = responseNotice(response, origin);
        if (notice !== undefined) failed.push(notice);
      }
    }
    return [...detections.notices(origin), ...failed];
  }

  /** The team that an image says it belongs to. */
  async #teamOf(imageId: string | null): Promise<string | undefined> {
    if (imageId === null || !isDigest(imageId)) return undefined;
    const found = await this.#options.store.images.find(parseDigest(imageId));
    return found?.report.config?.labels[OWNER_LABEL];
  }

  async #approvals(): Promise<readonly NewNotice[]> {
    const { store, now, origin } = this.#options;
    const since = new Date(now() - APPROVALS_ARE_NEWS_MS).toISOString();
    const found: StoredApproval[] = [];
    const current = new Date(now()).toISOString();
    for (const id of await store.settings.watch.approvalsToTell(since, current)) {
      const approval = await store.people.approvals.find(id);
      if (approval !== undefined) found.push(await this.#expire(approval));
    }
    const logins = await store.people.accounts.logins(
      found.flatMap(({ requestedBy, decidedBy }) => [requestedBy, decidedBy ?? ""]),
    );
    return found.map((approval) => approvalNotice(approval, (id) => logins.get(id) ?? "somebody", origin));
  }

  /** What nobody decided on in time has expired. */
  async #expire(approval: StoredApproval): Promise<StoredApproval> {
    const { store, now } = this.#options;
    if (approval.state !== "pending" || Date.parse(approval.expiresAt) > now()) return approval;
    const expired = {
      state: "expired",
      decidedBy: null,
      decidedAt: approval.expiresAt,
      comment: "",
      failure: null,
    } as const;
    const moved = await store.people.approvals.move(approval.id, "pending", expired);
    return moved
      ? { ...approval, ...expired }
      : ((await store.people.approvals.find(approval.id)) ?? approval);
  }

  /** Nobody is called silent before there was time to be heard. */
  async #silent(): Promise<readonly NewNotice[]> {
    const { store, now, origin } = this.#options;
    const before = now() - AGENT_SILENT_AFTER_MS;
    if (before < this.#startedMs) return [];
    const hosts = await store.settings.watch.silentHosts(new Date(before).toISOString());
    return hosts.map((host) => silentNotice(host, now(), origin));
  }

  async #log(at: number): Promise<readonly NewNotice[]> {
    if (at - this.#lookedAtLogAt < LOOK_AT_LOG_EVERY_MS) return [];
    this.#lookedAtLogAt = at;
    const { logState, now, origin } = this.#options;
    return logNotices(await logState(), now(), origin);
  }

  async #add(notices: readonly NewNotice[]): Promise<void> {
    const fresh = notices.filter(({ once }) => once === undefined || !this.#told.has(once));
    if (fresh.length === 0) return;
    await this.#options.store.settings.notices.add(fresh, this.#options.now());
    if (this.#told.size > MAX_REMEMBERED) this.#told.clear();
    for (const { once } of fresh) if (once !== undefined) this.#told.add(once);
  }
}

function rangesIn(
  changes: readonly NumberedChange[],
  kind: "runtime-records" | "launch-records",
): readonly RecordRange[] {
  return changes.flatMap((change) => (change.kind === kind ? (rangeIn(change.subject) ?? []) : []));
}

/** What the store writes as `log.first-last`. */
function rangeIn(subject: string): RecordRange | undefined {
  const found = /^(?<logId>.+)\.(?<first>\d+)-(?<last>\d+)$/u.exec(subject)?.groups;
  if (found?.logId === undefined) return undefined;
  return { logId: found.logId, first: Number(found.first), last: Number(found.last) };
}
