import type { Registry } from "@pratique/api";
import { hasCode, messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readSmallFile } from "../read-small-file.ts";
import { readSpan } from "../read-span.ts";
import { parseRegistryTarget } from "../registries/registry-target.ts";
import {
  actOnRegistry,
  putServerRegistry,
  registryFailures,
  removeRegistry,
  serverRegistries,
} from "../server-link.ts";
import { parseScanners } from "../settings/parse-scanners.ts";

const MAX_SECRET_BYTES = 16_384;
const MINUTE_MS = 60_000;
/** Of what failed, no more is shown. */
const SHOWN_FAILURES = 20;

export interface RegistryAddFlags {
  readonly name?: string;
  readonly kind?: string;
  readonly apiUrl?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly tag: readonly string[];
  readonly excludeTag: readonly string[];
  readonly newest?: string;
  readonly platform: readonly string[];
  readonly concurrency?: string;
  readonly maxImages?: string;
  readonly every?: string;
  readonly scanners?: string;
  readonly insecure?: boolean;
  readonly dockerCredentials?: boolean;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  readonly secretFile?: string;
  readonly json?: boolean;
}

interface JsonFlag {
  readonly json?: boolean;
}

/** `pratique registry add ID REGISTRY[/PATH]` */
export async function registryAdd(
  context: Context,
  { id, target }: { readonly id: string; readonly target: string },
  flags: RegistryAddFlags,
): Promise<ExitCode> {
  const { registry, path } = parseRegistryTarget(target);
  // Of the code that speaks to registries only what tells them apart.
  const { registryKindOf } = await import("@pratique/oci");
  const body = {
    kind: flags.kind ?? registryKindOf(registry).name,
    name: flags.name ?? id,
    address: registry,
    path,
    include: flags.include,
    exclude: flags.exclude,
    tags: flags.tag,
    excludeTags: flags.excludeTag,
    platforms: flags.platform,
    lookFor: flags.scanners === undefined ? [] : [...parseScanners(flags.scanners)],
    insecure: flags.insecure === true,
    dockerCredentials: flags.dockerCredentials === true,
    ...(flags.apiUrl !== undefined && { apiUrl: flags.apiUrl }),
    ...countIn("newestTags", "--newest", flags.newest),
    ...countIn("concurrency", "--concurrency", flags.concurrency),
    ...countIn("maxImages", "--max-images", flags.maxImages),
    ...(flags.every !== undefined && { everyMinutes: minutesIn(flags.every) }),
    ...(flags.username !== undefined && { username: flags.username }),
    ...secretIn("password", flags.passwordFile),
    ...secretIn("token", flags.tokenFile),
    ...secretIn("pushSecret", flags.secretFile),
  };
  const made = await asked(context, async (socket) => {
    const before = (await serverRegistries(socket)).find((each) => each.id === id);
    const after = await putServerRegistry(socket, id, body);
    if (before !== undefined) context.console.say(changedLine(before));
    return after;
  });
  tell(context, made, flags);
  return exitCodes.fine;
}

/** Somebody may not have known that the name is taken. */
function changedLine({ id, address, path }: Registry): string {
  const place = path === "" ? address : `${address}/${path}`;
  return printable(`the registry ${JSON.stringify(id)} was there, for ${place}: its settings are changed`);
}

/** `pratique registry show ID` */
export async function registryShow(context: Context, id: string, flags: JsonFlag): Promise<ExitCode> {
  const registry = await asked(context, async (socket) => {
    const found = (await serverRegistries(socket)).find((each) => each.id === id);
    if (found === undefined) throw new Error(`there is no registry ${JSON.stringify(id)}`);
    return found;
  });
  const { items, total } = await asked(context, (socket) => registryFailures(socket, id, SHOWN_FAILURES));
  if (flags.json === true) {
    context.console.print(`${JSON.stringify({ ...registry, failures: items }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  tell(context, registry, flags);
  for (const { reference, error } of items) {
    const { code = "", message = "", advice = "" } = error ?? {};
    context.console.print(`  ${printable(`${reference}: ${code}: ${message}`)}\n`);
    if (advice !== "") context.console.print(`      ${printable(advice)}\n`);
  }
  if (total > items.length) context.console.print(`  and ${total - items.length} more\n`);
  return exitCodes.fine;
}

/** `pratique registry remove ID` */
export async function registryRemove(context: Context, id: string, { json }: JsonFlag): Promise<ExitCode> {
  await asked(context, (socket) => removeRegistry(socket, id));
  if (json === true) context.console.print(`${JSON.stringify({ removed: id })}\n`);
  return exitCodes.fine;
}

/** `pratique registry pause|resume|retry ID` */
export async function registryAct(
  context: Context,
  { id, act }: { readonly id: string; readonly act: "pause" | "resume" | "retry" },
  flags: JsonFlag,
): Promise<ExitCode> {
  tell(context, await asked(context, (socket) => actOnRegistry(socket, id, act)), flags);
  return exitCodes.fine;
}

/** One line for people: how far a registry of the server is, and what is in its way. */
export function registryLine({ id, address, path, state, images, error }: Registry): string {
  const { waiting, running, scanned, failed, absent } = images;
  const all = waiting + running + scanned + failed + absent;
  const place = path === "" ? address : `${address}/${path}`;
  const counts = `${scanned} of ${all} images scanned, ${failed} failed, ${waiting} wait`;
  const why = error === null ? "" : `; ${error.message}${error.advice === "" ? "" : `: ${error.advice}`}`;
  return printable(`${id} (${place}): ${state}; ${counts}${why}`);
}

function tell({ console }: Context, registry: Registry, { json }: JsonFlag): void {
  console.print(
    json === true ? `${JSON.stringify(registry, undefined, 2)}\n` : `${registryLine(registry)}\n`,
  );
}

/** Those that the server of this host scans; none where no server runs. */
export async function registriesHere(context: Context): Promise<readonly Registry[]> {
  return await asked(context, (socket) => serverRegistries(socket).catch(noneWithoutServer));
}

function noneWithoutServer(thrown: unknown): readonly Registry[] {
  if (isAbsent(thrown)) return [];
  throw thrown;
}

/** A socket that nobody listens at any more was left by a server that was killed. */
function isAbsent(thrown: unknown): boolean {
  return hasCode(thrown, "ENOENT", "ECONNREFUSED");
}

/** What the server says against it is told as it is. */
async function asked<Answer>(
  { settings }: Context,
  ask: (socket: string) => Promise<Answer>,
): Promise<Answer> {
  const socket = settings.layout.serverSocket;
  try {
    return await ask(socket);
  } catch (cause) {
    if (!isAbsent(cause)) throw new CliError("PART_FAILED", messageOf(cause), { cause });
    throw new CliError("PART_FAILED", `no server answers at ${socket}: ${messageOf(cause)}`, {
      cause,
      hint: "start it with pratique up",
    });
  }
}

function countIn(member: string, flag: string, text: string | undefined): Readonly<Record<string, number>> {
  if (text === undefined) return {};
  if (/^[1-9]\d{0,5}$/u.test(text)) return { [member]: Number(text) };
  throw new CliError("USAGE", `expected a number above 0 after ${flag}, found ${JSON.stringify(text)}`);
}

function minutesIn(text: string): number {
  return text === "never" ? 0 : Math.max(1, Math.round(readSpan("--every", text) / MINUTE_MS));
}

function secretIn(member: string, file: string | undefined): Readonly<Record<string, string>> {
  return file === undefined ? {} : { [member]: readSmallFile(file, MAX_SECRET_BYTES, "USAGE").trim() };
}
