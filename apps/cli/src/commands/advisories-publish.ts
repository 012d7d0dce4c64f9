import { statSync } from "node:fs";
import { parsePublisherKey, publishDatabase } from "@pratique/advisory";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { makeHttpClient } from "../http-client.ts";
import type { RegistryFlags } from "../images/registry-access.ts";
import { MirrorAccess } from "../mirror/mirror-access.ts";
import { Progress } from "../progress.ts";
import { readSmallFile } from "../read-small-file.ts";
import { readSpan } from "../read-span.ts";

/** How long it waits for a build that is under way. */
const LOCK_WAIT_MS = 120_000;
const MAX_KEY_FILE_BYTES = 65_536;
/** The rights of anybody but the owner. */
const OTHERS = 0o077;

export interface PublishFlags extends RegistryFlags {
  readonly key: string;
  readonly validFor: string;
  readonly json?: boolean;
}

/** `pratique advisories publish TARGET --key FILE`: the database at hand, signed, for others to update from. */
export async function advisoriesPublish(
  context: Context,
  target: string,
  flags: PublishFlags,
): Promise<ExitCode> {
  const { settings, now, signal, console, elapsedMs } = context;
  const validMs = readSpan("--valid-for", flags.validFor);
  const key = parsePublisherKey(readSmallFile(flags.key, MAX_KEY_FILE_BYTES, "USAGE"));
  warnWhereExposed(context, flags.key);
  await using http = makeHttpClient(context);
  const access = new MirrorAccess(context, http, flags);
  using progress = new Progress(console, elapsedMs);
  const result = await publishDatabase({
    directory: settings.layout.advisories,
    target: await access.openForWriting(target),
    key,
    validMs,
    clock: now,
    lockWaitMs: LOCK_WAIT_MS,
    signal,
    onProgress: (done, total) => progress.show(`publishing shard ${done + 1} of ${total}`, done, undefined),
  });
  if (flags.json === true) console.print(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const { version, expiresAt, signer, shards, shardsChanged, bytes, changedBytes } = result;
    console.print(`${printable(target)}: version ${version}, good until ${expiresAt}, signed by ${signer}\n`);
    console.print(
      `${shards} shards of ${bytes} bytes, ${shardsChanged} of them new: ${changedBytes} bytes to fetch\n`,
    );
  }
  return exitCodes.fine;
}

/** Whoever has the key tells all that read the mirror what is vulnerable. */
function warnWhereExposed({ console }: Context, file: string): void {
  const mode = statSync(file).mode & 0o777;
  if ((mode & OTHERS) === 0) return;
  const found = mode.toString(8).padStart(4, "0");
  console.say(
    `others may read ${printable(JSON.stringify(file))} (mode ${found}): chmod 0400 it, and think of the key as known to whoever could read it`,
  );
}
