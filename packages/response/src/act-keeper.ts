import { messageOf } from "@pratique/core";
import {
  type Act,
  actPlace,
  actRecord,
  isDue,
  isOver,
  isUnfinished,
  referenceOf,
  withUnfinished,
} from "./act.ts";
import type { ActRunner } from "./act-runner.ts";
import type { Journal } from "./journal.ts";
import { proofJson } from "./prove.ts";
import { responderOf } from "./responders/list.ts";
import { stepJson } from "./run-steps.ts";
import type { Stopwatch } from "./stopwatch.ts";

const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 300_000;
const MAX_DOUBLINGS = 20;

export interface ActKeeperOptions {
  readonly journal: Journal;
  readonly runner: ActRunner;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly stopwatch: Stopwatch;
}

/** `failed`: it was not done, but something of it was. */
type Ending = "released" | "expired" | "failed" | "overruled";

/**
 * Keeps acts in force for as long as they are to be, and undoes them then. Whoever calls it holds the container's turn.
 */
export class ActKeeper {
  readonly #journal: Journal;
  readonly #runner: ActRunner;
  readonly #now: () => number;
  readonly #stopwatch: Stopwatch;

  constructor({ journal, runner, now, stopwatch }: ActKeeperOptions) {
    this.#journal = journal;
    this.#runner = runner;
    this.#now = now;
    this.#stopwatch = stopwatch;
  }

  /** Undoes an act. False where that failed, and is to be tried again. */
  async end(act: Act, ending: Ending, by: string): Promise<boolean> {
    const now = this.#now();
    // Remembered first: what a crash interrupts is undone at the next start, and not done again.
    const ended: Act = { ...act, state: "in-force", expiresAt: Math.min(act.expiresAt ?? now, now) };
    this.#journal.put(ended);
    try {
      await this.#undo(ended, ending, by);
      return true;
    } catch (thrown) {
      this.#retryLater(ended, ending, by, messageOf(thrown));
      return false;
    }
  }

  async endIfDue(actId: string): Promise<void> {
    const act = this.#journal.book.find(actId);
    if (act !== undefined && isDue(act, this.#now())) await this.end(act, "expired", "agent");
  }

  /** Makes what is in force about a container hold for it as it is now. The hardest comes first. */
  async reconcile(containerId: string, because: string): Promise<void> {
    for (const { id } of this.#journal.book.of(containerId).toReversed()) {
      const act = this.#journal.book.find(id);
      // One before it may have changed it, or closed it with all others.
      if (act === undefined || act.state === "superseded" || isOver(act, this.#now())) continue;
      try {
        await this.#reconcileAct(act, because);
      } catch (thrown) {
        const { action, containerName } = act;
        this.#journal.trouble(
          `whether ${action} of ${containerName} holds is not known: ${messageOf(thrown)}`,
        );
      }
    }
  }

  /** The container is gone, and with it everything that is in force or stands under it. */
  async closeAll(containerId: string): Promise<void> {
    for (const act of this.#journal.book.of(containerId)) await this.#closeGone(act);
  }

  /** Tries again what could not be done of an act. What was done stands meanwhile. */
  async finish(act: Act): Promise<void> {
    await this.#renew(act, "a part of it was not done");
  }

  /** Somebody paused less, or started more, than is in force: their word counts, and is told. The rest is undone. */
  async overruled(act: Act): Promise<void> {
    this.#journal.trouble(`${act.action} of container ${act.containerName} was undone by somebody else`);
    await this.end(act, "overruled", "agent");
  }

  async #undo(act: Act, ending: Ending, by: string): Promise<void> {
    const elapsed = this.#stopwatch();
    const container = referenceOf(act);
    const view = await this.#runner.look(container);
    if (view === undefined) {
      await this.closeAll(act.containerId);
      return;
    }
    const scene = await this.#runner.scene(container, view, act.peers ?? "all");
    this.#journal.record("response.releasing", by, { ...actRecord(act), ending });
    const steps = await this.#runner.undo(act, scene, elapsed);
    const failed = steps.filter(({ outcome }) => outcome !== "done");
    if (failed.length > 0) {
      throw new Error(failed.map(({ name, detail }) => `${name}: ${detail}`).join("; "));
    }
    this.#journal.remove(act);
    this.#journal.record("response.released", by, { ...actPlace(act), ending, steps: steps.map(stepJson) });
    await this.#resume(act);
  }

  #retryLater(act: Act, ending: Ending, by: string, because: string): void {
    const attempt = act.failedReleases + 1;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, MAX_DOUBLINGS), MAX_RETRY_MS);
    this.#journal.put({ ...act, failedReleases: attempt, retryAt: this.#now() + wait });
    this.#journal.record("response.release-failed", by, { ...actPlace(act), ending, because, attempt });
    this.#journal.trouble(`${act.action} of container ${act.containerName} is not undone: ${because}`);
  }

  /** What stood under an act that has ended comes back into force, or ends as well where its time is over. */
  async #resume(ended: Act): Promise<void> {
    for (const act of this.#under(ended)) {
      const back: Act = { ...act, state: "in-force", supersededBy: null };
      this.#journal.put(back);
      if (isOver(back, this.#now())) await this.end(back, "expired", "agent");
      else await this.#renew(back, `${ended.action} ended`);
    }
  }

  async #reconcileAct(act: Act, because: string): Promise<void> {
    const view = await this.#runner.look(referenceOf(act));
    const { renews, stands } = responderOf(act.action);
    if (view === undefined) await this.closeAll(act.containerId);
    else if (act.state === "planned" || renews || isUnfinished(act)) await this.#renew(act, because);
    else if (!stands(view)) await this.overruled(act);
  }

  async #renew(act: Act, because: string): Promise<void> {
    const elapsed = this.#stopwatch();
    const container = referenceOf(act);
    const view = await this.#runner.look(container);
    if (view === undefined) {
      await this.closeAll(act.containerId);
      return;
    }
    const scene = await this.#runner.scene(container, view, act.peers ?? "all");
    const { steps, proof, unfinished } = await this.#runner.renew(act, scene, elapsed);
    this.#journal.supersede(act);
    this.#journal.put({ ...withUnfinished(act, unfinished), state: "in-force" });
    this.#journal.record("response.renewed", "agent", {
      ...actRecord(act),
      because,
      steps: steps.map(stepJson),
      proof: proofJson(proof),
    });
    if (proof.result === "not-proved") {
      this.#journal.trouble(
        `${act.action} of container ${act.containerName} is not proved: ${proof.because}`,
      );
    }
  }

  async #closeGone(act: Act): Promise<void> {
    await this.#runner.forget(act).catch((thrown: unknown) => {
      this.#journal.trouble(
        `the kernel still denies what ${act.containerName} was denied: ${messageOf(thrown)}`,
      );
    });
    this.#journal.remove(act);
    this.#journal.record("response.closed", "agent", {
      ...actPlace(act),
      ending: "gone",
      because: "the container is gone",
    });
  }

  /** What stands under an act, the latest first. */
  #under({ id, containerId }: Act): readonly Act[] {
    return this.#journal.book
      .of(containerId)
      .filter(({ supersededBy }) => supersededBy === id)
      .toReversed();
  }
}
