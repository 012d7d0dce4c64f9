import { startRegistryWorker } from "@pratique/server";
import { pino } from "pino";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { storageOf } from "../installation.ts";
import { registryWorkOf } from "../registries/registry-work.ts";

/** `pratique worker`: lists and scans registries for servers that share a PostgreSQL, on as many hosts as there are. */
export async function runWorker(context: Context, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const { settings, now, version, console } = context;
  const { directory, database, keys } = storageOf(settings);
  const registries = registryWorkOf(context);
  if (database === undefined) {
    throw new CliError("CONFIG_INVALID", "a worker needs the database that its servers share", {
      hint: "say database.url; a server without one scans registries itself",
    });
  }
  if (registries.workers === 0) {
    throw new CliError(
      "CONFIG_INVALID",
      "registries.workers: a worker that reads 0 images at once does nothing",
    );
  }
  await using _worker = await startRegistryWorker({
    directory,
    database,
    ...(keys !== undefined && { keys }),
    registries,
    version,
    now: () => now().getTime(),
    log: pino({ name: "worker", level: "warn" }, pino.destination(2)),
  });
  console.say(`the worker reads up to ${registries.workers} images of registries at once`);
  if (flags.json === true) console.print(`${JSON.stringify({ ready: true, workers: registries.workers })}\n`);
  await context.untilEnded();
  return exitCodes.fine;
}
