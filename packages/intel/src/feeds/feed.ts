import type { LocatedFile } from "@pratique/archive";
import type { HttpClient } from "@pratique/http";
import type { Expected } from "../canonical/observable.ts";

/** One indicator as a feed has it, before anybody has looked at it. */
export interface RawIndicator {
  /** Where in the feed it stands, for people. */
  readonly where: string;
  readonly text: string;
  /** What the feed says that the text is; `any` where it does not say. */
  readonly expected?: Expected;
  /** A port that the feed gives apart from the text. */
  readonly port?: number | undefined;
  readonly family?: string | undefined;
  /** 0 to 100; the feed's own default where absent. */
  readonly confidence?: number | undefined;
  /** Milliseconds since 1970. */
  readonly firstSeen?: number | undefined;
  /** Milliseconds since 1970; by the kind of the indicator where absent. */
  readonly expiresAt?: number | undefined;
}

/** Where a feed puts what it has read. */
export interface FeedSink {
  /** What is read is of this kind of feed, whether or not it names anything: an empty list is no mistake then. */
  recognized(): void;
  indicator(indicator: RawIndicator): void;
  /** What ought to be an indicator and cannot be used as one; it is counted and shown, and reading goes on. */
  refused(where: string, reason: string): void;
  /** What is sound and no indicator of use here: revoked, not for detection, of a kind that is not looked at. */
  ignored(reason: string): void;
}

/** What a feed that is fetched in several requests is given. */
export interface FetchContext {
  readonly http: HttpClient;
  /** Headers that open a server, by its origin; none where nobody has given any. */
  readonly credentials: (origin: string) => Readonly<Record<string, string>>;
  /** What the last fetch has left to recognise an unchanged feed by. */
  readonly state: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Told how many more bytes have come. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Reads one kind of feed.
 *
 * Contract: whatever single record is bad becomes `refused` and never an exception; a file that is not of this kind
 * at all is `FEED_DAMAGED`. Memory is bounded by one document. The same bytes give the same calls in the same order;
 * a change that breaks this raises `version`. A feed judges no value: what may be blocked is decided for all alike,
 * behind the sink.
 */
export interface Feed {
  /** The folder's name, and the word before the colon in `--from`. */
  readonly name: string;
  readonly version: number;
  /** For indicators that come without one. */
  readonly confidence: number;
  /** Whether a file found in a directory or an archive belongs to the feed. A file named outright always does. */
  wants(path: string): boolean;
  read(file: LocatedFile, sink: FeedSink): Promise<void>;
  /**
   * Whether a URL is a service to be asked several times, by `fetch`. Any other is downloaded, and read as a file.
   */
  isService?(url: URL): boolean;
  /**
   * Asks a service and gives each answer as a file. Resolves to what recognises this state of the feed, or to
   * undefined where nothing has changed since the state before; then `file` is not called.
   */
  fetch?(
    url: URL,
    context: FetchContext,
    file: (file: LocatedFile) => Promise<void>,
  ): Promise<string | undefined>;
}
