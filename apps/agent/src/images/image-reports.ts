import { setImmediate as letOthersGoFirst } from "node:timers/promises";
import { type Digest, messageOf, type ScanReport } from "@pratique/core";
import type { AgentLogger } from "../agent-logger.ts";
import { AgentError } from "../errors.ts";
import type { ReportFiles } from "./report-files.ts";

export interface ImageReportsOptions {
  readonly files: Pick<ReportFiles, "get">;
  /** Whether a report says what a scan now would. */
  readonly isFresh: (report: ScanReport) => boolean;
  /** Has an image scanned. */
  readonly scan: (imageId: Digest, reference: string) => void;
  /** Rejects where the server does not take it. */
  readonly send: (imageId: Digest, report: ScanReport) => Promise<void>;
  readonly log: AgentLogger;
}

/**
 * Finds out of each image that is there whether it has to be scanned, and tells the server what was found. A host may have
 * thousands of images, and a report a few megabytes: of each the agent holds one at a time, and does other things in between.
 */
export class ImageReports {
  readonly #options: ImageReportsOptions;
  /** Images that were seen and not looked at yet, with a name of each. */
  readonly #arrived = new Map<Digest, string>();
  /** Images whose newest report the server is to have. */
  readonly #unsent = new Set<Digest>();
  /** Those of them that it did not take; they wait until it is heard of again. */
  #refused = new Set<Digest>();
  #isLooking = false;
  #isSending = false;
  #isStopped = false;

  constructor(options: ImageReportsOptions) {
    this.#options = options;
  }

  /** An image is there: it is scanned where there is no fresh report of it, else the server is told of that. */
  arrived(imageId: Digest, reference: string): void {
    this.#arrived.set(imageId, reference);
    void this.#lookAtAll();
  }

  /** An image is there no more. */
  gone(imageId: Digest): void {
    this.#arrived.delete(imageId);
  }

  /** There is a new report of an image. */
  scanned(imageId: Digest): void {
    this.#refused.delete(imageId);
    this.#unsent.add(imageId);
    void this.#sendAll();
  }

  /** The server answers: what it did not take before is sent again. */
  sendAgain(): void {
    for (const imageId of this.#refused) this.#unsent.add(imageId);
    this.#refused = new Set();
    void this.#sendAll();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #lookAtAll(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const imageId of this.#arrived.keys()) {
      await letOthersGoFirst();
      if (this.#isStopped) return;
      const reference = this.#arrived.get(imageId);
      this.#arrived.delete(imageId);
      if (reference !== undefined) this.#lookAt(imageId, reference);
    }
    this.#isLooking = false;
  }

  #lookAt(imageId: Digest, reference: string): void {
    const { files, isFresh, scan } = this.#options;
    const report = files.get(imageId);
    if (report !== undefined && isFresh(report) && report.target.reference === reference)
      this.scanned(imageId);
    else scan(imageId, reference);
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (const imageId of this.#unsent) {
      if (this.#isStopped) return;
      this.#unsent.delete(imageId);
      if (!(await this.#send(imageId))) this.#waitForServer();
    }
    this.#isSending = false;
  }

  /** False where there is no server to send anything to. */
  async #send(imageId: Digest): Promise<boolean> {
    const { files, send, log } = this.#options;
    const report = files.get(imageId);
    if (report === undefined) return true;
    try {
      await send(imageId, report);
      return true;
    } catch (thrown) {
      this.#refused.add(imageId);
      log.info({ imageId, error: messageOf(thrown) }, "a report could not be sent yet");
      return !(thrown instanceof AgentError && thrown.code === "SERVER_UNREACHABLE");
    }
  }

  #waitForServer(): void {
    for (const imageId of this.#unsent) this.#refused.add(imageId);
    this.#unsent.clear();
  }
}
