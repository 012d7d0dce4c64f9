import { type AuditSink, type JsonObject, messageOf, RecentMap } from "@pratique/core";
import type { Act } from "./act.ts";
import type { ActBook } from "./act-book.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { outcomeRecord, type ResponseOutcome } from "./outcome.ts";

/** What was told about one container and cause is not told again until it has changed; so many are remembered. */
const REMEMBERED_TELLINGS = 1000;

export interface JournalOptions {
  readonly book: ActBook;
  readonly breaker: CircuitBreaker;
  readonly audit: AuditSink;
  readonly onTrouble: (message: string) => void;
}

/**
 * Where acts are remembered, recorded and told of. A disk that is full, or a log that cannot be written to, keeps nobody
 * from acting; that something was not written is told.
 */
export class Journal {
  readonly book: ActBook;
  readonly breaker: CircuitBreaker;
  readonly #audit: AuditSink;
  readonly #onTrouble: (message: string) => void;
  readonly #told = new RecentMap<string, string>(REMEMBERED_TELLINGS);

  constructor({ book, breaker, audit, onTrouble }: JournalOptions) {
    this.book = book;
    this.breaker = breaker;
    this.#audit = audit;
    this.#onTrouble = onTrouble;
  }

  put(act: Act): void {
    this.book.put(act);
    this.save();
  }

  remove(act: Act): void {
    this.book.remove(act.id);
    this.save();
  }

  save(): void {
    this.book.save(this.breaker.state);
  }

  record(action: string, actor: string, data: JsonObject): void {
    try {
      this.#audit.append({ class: "response", action, actor, data });
    } catch (thrown) {
      this.trouble(`${action} is not in the audit log: ${messageOf(thrown)}`);
    }
  }

  /** Whether it was recorded: a flood of the same must not become a flood of records. */
  recordOnce(action: string, outcome: ResponseOutcome, cause: string | undefined): boolean {
    const key = `${outcome.container?.id ?? ""} ${cause ?? ""}`;
    const said = `${action} ${outcome.asked} ${outcome.demotions.map(({ because }) => because).join(" ")}`;
    const known = this.#told.get(key) === said;
    this.#told.set(key, said);
    if (!known) this.record(action, "agent", outcomeRecord(outcome));
    return !known;
  }

  trouble(message: string): void {
    this.#onTrouble(message);
  }

  /** Stands under another act from now on. Cuts stand beside one another. */
  supersede(act: Act): void {
    for (const other of this.book.of(act.containerId)) {
      const beside = other.action === "cut" && act.action === "cut";
      if (other.id === act.id || other.state !== "in-force" || beside) continue;
      this.book.put({ ...other, state: "superseded", supersededBy: act.id });
    }
  }
}
