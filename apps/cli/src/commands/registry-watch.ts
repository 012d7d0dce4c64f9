import path from "node:path";
import { PratiqueError } from "@pratique/core";
import { type Push, pushDialects, type RegistryKindName, wantsRepository, wantsTag } from "@pratique/oci";
import { type RegistryImage, RegistryScanJournal, registryImageKey } from "@pratique/scan";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { describeFailure, type ExitCode, exitCodes } from "../exit-codes.ts";
import { readSmallFile } from "../read-small-file.ts";
import { readSpan } from "../read-span.ts";
import { type PushReceiver, startPushReceiver } from "../registries/push-receiver.ts";
import {
  holdScan,
  planOf,
  type RegistryPlan,
  type RegistryRunFlags,
  runRegistry,
} from "../registries/registry-run.ts";
import {
  type RegistryScanResult,
  registryImageDocument,
  registryImageLine,
  registryScanDocument,
  registryScanSum,
} from "../registries/registry-scan-table.ts";
import { parseRegistryTarget, type RegistryTarget } from "../registries/registry-target.ts";

const MAX_SECRET_BYTES = 4096;
const MIN_SECRET_CHARS = 16;
/** Pushed images that wait; a registry is told to try again when there are more. */
const MAX_WAITING = 10_000;
const MIN_EVERY_MS = 60_000;

export interface RegistryWatchFlags extends RegistryRunFlags {
  readonly every?: string;
  readonly listenPushes?: string;
  readonly secretFile?: string;
  /** One document a line: a scan of all of it, or an image. */
  readonly json?: boolean;
}

/** `pratique registry watch REGISTRY[/REPO]`: until the user ends it. */
export async function registryWatch(
  context: Context,
  text: string,
  flags: RegistryWatchFlags,
): Promise<ExitCode> {
  const target = parseRegistryTarget(text);
  const plan = planOf(context, target, flags);
  const everyMs = Math.max(MIN_EVERY_MS, readSpan("--every", flags.every ?? "24h"));
  const listening = listeningOf(flags);
  using held = await holdScan(context, target, plan);
  const watch = new Watch(context, { target, plan, flags, directory: held.directory });
  await using receiver = listening && (await watch.listen(listening));
  if (receiver !== undefined) context.console.say(`pratique: hears of pushes on port ${receiver.port}`);
  try {
    await Promise.all([watch.scanEvery(everyMs), watch.scanPushed()]);
  } catch (thrown) {
    // Ended, as it is meant to end; what is left waits in the journals.
    if (!context.signal.aborted) throw thrown;
  }
  return exitCodes.fine;
}

interface Listening {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

function listeningOf({ listenPushes, secretFile }: RegistryWatchFlags): Listening | undefined {
  if (listenPushes === undefined) return undefined;
  const found = /^(?<host>.+):(?<port>\d{1,5})$/u.exec(listenPushes)?.groups;
  if (found?.host === undefined || secretFile === undefined) {
    throw new CliError("USAGE", "expected --listen-pushes ADDRESS:PORT together with --secret-file");
  }
  const secret = readSmallFile(secretFile, MAX_SECRET_BYTES, "USAGE").trim();
  if (secret.length < MIN_SECRET_CHARS) {
    throw new CliError(
      "USAGE",
      `expected a secret of ${MIN_SECRET_CHARS} characters or more in --secret-file`,
    );
  }
  return { host: found.host.replace(/^\[|\]$/gu, ""), port: Number(found.port), secret };
}

interface WatchOptions {
  readonly target: RegistryTarget;
  readonly plan: RegistryPlan;
  readonly flags: RegistryWatchFlags;
  readonly directory: string;
}

class Watch {
  readonly #context: Context;
  readonly #options: WatchOptions;
  readonly #pushed: RegistryScanJournal;
  #wake = Promise.withResolvers<void>();
  /** Being scanned; what is pushed meanwhile under the same name may be another image. */
  #running: ReadonlySet<string> = new Set();
  #again: RegistryImage[] = [];

  constructor(context: Context, options: WatchOptions) {
    this.#context = context;
    this.#options = options;
    const file = path.join(options.directory, "pushes");
    this.#pushed = RegistryScanJournal.open(file, { scope: options.plan.scope });
    if (!this.#pushed.isListed) this.#pushed.endList();
  }

  get #isJson(): boolean {
    return this.#options.flags.json === true;
  }

  async listen({ host, port, secret }: Listening): Promise<PushReceiver> {
    const dialect = pushDialects.find(({ name }) => name === dialectOf(this.#options.plan.kind.name));
    if (dialect === undefined) {
      throw new CliError("USAGE", `${this.#options.plan.kind.name} tells of pushes in no form that is read`);
    }
    return await startPushReceiver({ host, port, dialect, secret, onPushes: (pushes) => this.#take(pushes) });
  }

  /** All of it, again and again. */
  async scanEvery(everyMs: number): Promise<void> {
    const { now, sleep, signal, console } = this.#context;
    for (;;) {
      const startedMs = now().getTime();
      const journal = RegistryScanJournal.open(path.join(this.#options.directory, "journal"), {
        scope: this.#options.plan.scope,
      });
      const result = await this.#run(journal);
      if (result !== undefined)
        console.print(`${this.#isJson ? lineOf(result) : registryScanSum(journal)}\n`);
      // Where the clock was set back meanwhile, the next time is no later for it.
      await sleep(Math.min(everyMs, Math.max(0, startedMs + everyMs - now().getTime())), signal);
    }
  }

  /** What was pushed, as it comes. */
  async scanPushed(): Promise<void> {
    const { signal, console } = this.#context;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    for (;;) {
      signal.throwIfAborted();
      this.#wake = Promise.withResolvers();
      const { waiting } = this.#pushed;
      if (waiting.length === 0) {
        await Promise.race([this.#wake.promise, aborted]);
        continue;
      }
      this.#running = new Set(waiting.map(registryImageKey));
      await this.#run(this.#pushed);
      this.#running = new Set();
      const done = this.#pushed.items.filter(({ image }) => waiting.includes(image));
      for (const item of done) {
        const line = this.#isJson ? JSON.stringify(registryImageDocument(item)) : registryImageLine(item);
        console.print(`${line}\n`);
      }
      for (const image of this.#again.splice(0)) this.#pushed.request(image);
    }
  }

  /** What goes wrong with the registry as a whole is said, and left to the next time. */
  async #run(journal: RegistryScanJournal): Promise<RegistryScanResult | undefined> {
    const { signal, console, sleep } = this.#context;
    try {
      const result = await runRegistry(this.#context, { ...this.#options, journal });
      const { end } = result;
      if (end.kind === "whole") return result;
      if (end.outcome.kind !== "scanned") console.say(`pratique: ${end.outcome.message}`);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof PratiqueError)) throw thrown;
      console.say(`pratique: ${describeFailure(thrown)?.line ?? thrown.message}`);
    }
    await sleep(MIN_EVERY_MS, signal);
    return undefined;
  }

  #take(pushes: readonly Push[]): boolean {
    const { target, plan } = this.#options;
    const isMeant = ({ repository, tag }: Push): boolean =>
      (target.path === "" || repository === target.path || repository.startsWith(`${target.path}/`)) &&
      wantsRepository(plan.filter, repository) &&
      wantsTag(plan.filter, tag);
    if (this.#pushed.waiting.length + this.#again.length > MAX_WAITING) return false;
    const { registry } = target;
    const platforms = plan.platforms.length === 0 ? [undefined] : plan.platforms;
    for (const { repository, tag } of pushes.filter(isMeant)) {
      for (const platform of platforms) {
        const image = { registry, repository, tag, ...(platform !== undefined && { platform }) };
        if (this.#running.has(registryImageKey(image))) this.#again.push(image);
        else this.#pushed.request(image);
      }
    }
    this.#wake.resolve();
    return true;
  }
}

function lineOf(result: RegistryScanResult): string {
  return JSON.stringify(registryScanDocument(result));
}

/** Google tells of pushes by another way than HTTP with a secret. */
function dialectOf(kind: RegistryKindName): RegistryKindName | undefined {
  return kind === "google" ? undefined : kind;
}
