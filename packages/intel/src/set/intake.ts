import type { IndicatorKind } from "@pratique/core";
import type { Guard } from "../canonical/guard.ts";
import { type Observable, parseObservable } from "../canonical/observable.ts";
import { IntelError } from "../errors.ts";
import type { Feed, FeedSink, RawIndicator } from "../feeds/feed.ts";
import type { WarningLists } from "../warning-lists/warning-lists.ts";
import { LOW_CONFIDENCE } from "./schema.ts";
import type { SetWriter } from "./set-writer.ts";
import type { Sample } from "./source-record.ts";

/** For how many days an indicator holds after its feed has last named it, where the feed does not say. */
export type ExpireDays = Readonly<Record<IndicatorKind, number>>;

/** Addresses change hands; names are let go of later, hashes never. */
export const defaultExpireDays: ExpireDays = { address: 30, network: 30, domain: 180, url: 90, hash: 3650 };

/** What is decided alike for the indicators of all feeds. */
export interface IntakeRules {
  readonly guard: Guard;
  readonly warningLists: WarningLists;
  readonly expireDays: ExpireDays;
  /** Indicators of less confidence are told and not blocked. */
  readonly blockFromConfidence: number;
  readonly now: number;
  /** Of one source. */
  readonly maxIndicators: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** What the reader of snapshots takes. */
const MAX_IN_SET = 8_000_000;
const MAX_SAMPLES = 10;
const MAX_REASONS = 64;
const MAX_TEXT = 160;
const MAX_FAMILY = 80;

/** Takes the indicators of one source in: canonical, judged, once each. */
export class Intake implements FeedSink {
  readonly #rules: IntakeRules;
  readonly #writer: SetWriter;
  readonly #source: string;
  readonly #confidence: number;
  readonly #reasons = new Map<string, number>();
  readonly samples: Sample[] = [];
  indicators = 0;
  reportOnly = 0;
  refusedCount = 0;
  ignoredCount = 0;
  isRecognized = false;

  constructor(
    source: string,
    feed: Pick<Feed, "confidence">,
    options: { rules: IntakeRules; writer: SetWriter },
  ) {
    this.#source = source;
    this.#confidence = feed.confidence;
    this.#rules = options.rules;
    this.#writer = options.writer;
  }

  get reasons(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#reasons);
  }

  recognized(): void {
    this.isRecognized = true;
  }

  indicator(raw: RawIndicator): void {
    const observable = parseObservable(raw.text, raw.expected);
    if (observable.kind === "refused") {
      this.refused(raw.where, observable.reason);
      return;
    }
    this.isRecognized = true;
    const fault = this.#rules.guard.faultOf(observable) ?? faultOfPort(raw.port);
    if (fault !== undefined) {
      this.refused(raw.where, fault, raw.text);
      return;
    }
    const expiresAt = raw.expiresAt ?? this.#rules.now + this.#rules.expireDays[observable.kind] * DAY_MS;
    if (expiresAt <= this.#rules.now) {
      this.ignored("expired");
      return;
    }
    this.take(observable, { ...raw, expiresAt });
  }

  /** Takes in what has been found canonical and permitted already. */
  take(observable: Observable, raw: Omit<RawIndicator, "where" | "text">): void {
    const { now, warningLists, blockFromConfidence, maxIndicators } = this.#rules;
    const confidence = clamp(raw.confidence ?? this.#confidence);
    const list = warningLists.find(observable);
    const heldBy = list ?? (confidence < blockFromConfidence ? LOW_CONFIDENCE : "");
    const isNew = this.#writer.add(this.#source, {
      observable,
      port: observable.port === 0 ? (raw.port ?? 0) : observable.port,
      family: printableFamily(raw.family),
      confidence,
      firstSeen: Math.min(raw.firstSeen ?? now, now),
      expiresAt: raw.expiresAt,
      heldBy,
    });
    if (!isNew) return;
    this.indicators += 1;
    if (heldBy !== "") this.reportOnly += 1;
    if (this.indicators > maxIndicators || this.#writer.count > MAX_IN_SET) {
      const most = Math.min(maxIndicators, MAX_IN_SET);
      throw new IntelError("FEED_TOO_LARGE", `a feed names more than ${most} indicators, or all together do`);
    }
  }

  refused(where: string, reason: string, text = ""): void {
    this.refusedCount += 1;
    this.#count(reason);
    if (this.samples.length >= MAX_SAMPLES) return;
    const shown = text === "" ? reason : `${reason}: ${JSON.stringify(text.slice(0, MAX_TEXT))}`;
    this.samples.push({ where: where.slice(-MAX_TEXT), reason: shown });
  }

  ignored(reason: string): void {
    this.ignoredCount += 1;
    this.#count(reason);
  }

  #count(reason: string): void {
    const known = this.#reasons.has(reason) || this.#reasons.size < MAX_REASONS ? reason : "other";
    this.#reasons.set(known, (this.#reasons.get(known) ?? 0) + 1);
  }
}

function faultOfPort(port: number | undefined): string | undefined {
  return port === undefined || (port >= 0 && port <= 65_535) ? undefined : "a port that is none";
}

function clamp(confidence: number): number {
  return Math.min(100, Math.max(0, Math.trunc(confidence)));
}

/** It is shown on terminals and pages: one short line without control characters. */
function printableFamily(family = ""): string {
  return /^[\x20-\x7e]{0,80}$/u.test(family)
    ? family
    : family
        .slice(0, 2 * MAX_FAMILY)
        .replaceAll(/\p{C}/gu, "")
        .slice(0, MAX_FAMILY);
}
