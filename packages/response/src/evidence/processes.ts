import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { hasCode, MiB, messageOf } from "@pratique/core";

const MAX_PROCESSES = 2000;
const MAX_DESCRIPTORS = 1000;
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_EXECUTABLE_BYTES = 256 * MiB;

/** Processes as `/proc` shows them: who they are, what they hold open, and which variables they were given. */
export async function* describeProcesses(
  pids: readonly number[],
  proc: string,
): AsyncGenerator<string, void, undefined> {
  for (const pid of pids.slice(0, MAX_PROCESSES)) {
    const description = await describeProcess(`${proc}/${pid}`);
    // A process that has ended meanwhile has nothing more to tell.
    if (description !== undefined) yield `${JSON.stringify({ pid, ...description })}\n`;
  }
  if (pids.length > MAX_PROCESSES) throw new Error(`only ${MAX_PROCESSES} of ${pids.length} processes`);
}

/** The memory map of each process; by them one sees what was loaded, and from where. */
export async function* describeMaps(
  pids: readonly number[],
  proc: string,
): AsyncGenerator<string, void, undefined> {
  for (const pid of pids.slice(0, MAX_PROCESSES)) {
    const maps = await readFile(`${proc}/${pid}/maps`, "utf8").catch(unseen);
    if (maps !== undefined) yield `${JSON.stringify({ pid, maps: maps.split("\n").slice(0, -1) })}\n`;
  }
}

/** Each file that runs, once, with its hash. Opened by the process: also one that was deleted is read. */
export async function* hashExecutables(
  pids: readonly number[],
  proc: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  for (const pid of pids.slice(0, MAX_PROCESSES)) {
    const exe = `${proc}/${pid}/exe`;
    const facts = await stat(exe).catch(unseen);
    if (facts === undefined || seen.has(`${facts.dev}:${facts.ino}`)) continue;
    seen.add(`${facts.dev}:${facts.ino}`);
    yield `${JSON.stringify({ pid, path: await link(exe), ...(await hashOf(exe, facts, signal)) })}\n`;
  }
}

async function hashOf(file: string, { size, ino, mtimeMs }: Stats, signal: AbortSignal): Promise<object> {
  const facts = { size, inode: ino, mtimeMs: Math.round(mtimeMs) };
  if (size > MAX_EXECUTABLE_BYTES) return { ...facts, unread: `larger than ${MAX_EXECUTABLE_BYTES} bytes` };
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file, { signal, end: MAX_EXECUTABLE_BYTES }))
      hash.update(chunk);
    return { ...facts, sha256: hash.digest("hex") };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...facts, unread: messageOf(thrown) };
  }
}

async function describeProcess(directory: string): Promise<object | undefined> {
  const status = statusOf(await text(`${directory}/status`));
  if (status === undefined) return undefined;
  return {
    ...status,
    executable: await link(`${directory}/exe`),
    directory: await link(`${directory}/cwd`),
    root: await link(`${directory}/root`),
    arguments: (await text(`${directory}/cmdline`)).split("\0").slice(0, -1),
    environment: namesIn(await text(`${directory}/environ`)),
    descriptors: await descriptorsOf(directory),
  };
}

const wantedStatus = [
  "Name",
  "State",
  "PPid",
  "NSpid",
  "Uid",
  "Gid",
  "CapEff",
  "Seccomp",
  "Threads",
  "TracerPid",
];

function statusOf(status: string): Readonly<Record<string, string>> | undefined {
  if (status === "") return undefined;
  const lines = status.split("\n").map((line) => line.split(":\t"));
  return Object.fromEntries(
    lines
      .filter(([name = ""]) => wantedStatus.includes(name))
      .map(([name = "", value = ""]) => [name, value.replaceAll("\t", " ").trim()]),
  );
}

/** Values are secrets too often; what is set, and that something is, is what one looks for. */
function namesIn(environment: string): readonly string[] {
  return environment
    .split("\0")
    .filter((entry) => entry.includes("="))
    .map((entry) => entry.slice(0, entry.indexOf("=")));
}

async function descriptorsOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(`${directory}/fd`).catch(unseen)) ?? [];
  const links: [string, string][] = [];
  for (const name of names.slice(0, MAX_DESCRIPTORS))
    links.push([name, await link(`${directory}/fd/${name}`)]);
  if (names.length > MAX_DESCRIPTORS) links.push(["more", String(names.length - MAX_DESCRIPTORS)]);
  return Object.fromEntries(links);
}

async function text(file: string): Promise<string> {
  const bytes = await readFile(file).catch(unseen);
  return bytes?.subarray(0, MAX_TEXT_BYTES).toString("utf8") ?? "";
}

async function link(file: string): Promise<string> {
  return (await readlink(file).catch(unseen)) ?? "";
}

/** It ended meanwhile, or is not for us to see. Whatever else is wrong must make the evidence say that it is not whole. */
function unseen(thrown: unknown): undefined {
  if (hasCode(thrown, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
  throw thrown;
}
