import { existsSync, readdirSync, statfsSync } from "node:fs";
import path from "node:path";
import { readStatus } from "@pratique/advisory";
import { askLine, readGateInstall, readPolicyFiles } from "@pratique/agent";
import { EvidenceStore, verifyAuditLog } from "@pratique/audit";
import { GiB, messageOf } from "@pratique/core";
import { defaultEngineAddress, Engine, type EngineAddress, formatEngineAddress } from "@pratique/engine";
import { defaultPolicies, loadPolicies } from "@pratique/policy";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { formatAge } from "../format-age.ts";
import { inPlainWords, isDenied } from "../system-words.ts";
import { askAgent, isSpoolFull } from "./agent-status.ts";
import type { Finding } from "./doctor-finding.ts";
import { examineRuntime } from "./doctor-runtime.ts";

const LOW_DISK_BYTES = GiB;
const ASK_DEADLINE_MS = 2000;

/** `pratique doctor`: what this host can and cannot do, and how to mend it. */
export async function doctor(context: Context, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const runtime = await examineRuntime(context);
  const asked = await engine(context);
  const findings = [
    privileges(context),
    disk(context),
    ...asked.findings,
    await gate(context, asked),
    await agent(context),
    ...runtime.findings,
    ...(await serverOf(context)),
    advisories(context),
    policies(context),
    record(context),
  ];
  const { console } = context;
  if (flags.json === true) {
    const { rules } = runtime;
    console.print(`${JSON.stringify({ findings, ...(rules !== undefined && { rules }) }, undefined, 2)}\n`);
  } else {
    for (const { what, state, detail, fix } of findings) {
      console.print(`${state.padEnd(4)}  ${what.padEnd(18)}  ${printable(detail)}\n`);
      if (state !== "ok" && fix !== undefined) console.print(`      ${" ".repeat(18)}  fix: ${fix}\n`);
    }
  }
  return findings.some(({ state }) => state === "fail") ? exitCodes.unassessed : exitCodes.fine;
}

function privileges({ isRoot }: Context): Finding {
  const what = "privileges";
  if (isRoot)
    return { what, state: "ok", detail: "root: images are read in place, the gate can be installed" };
  const detail = "not root: images come through the engine's export, and there is no gate";
  return { what, state: "warn", detail, fix: "run it with sudo" };
}

function disk({ settings }: Context): Finding {
  const what = "disk";
  const place = existingParent(settings.layout.data);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const detail = `${(free / GiB).toFixed(1)} GiB free at ${place}`;
  return free > LOW_DISK_BYTES
    ? { what, state: "ok", detail }
    : {
        what,
        state: "warn",
        detail,
        fix: "free some space: without any, launches are refused because they cannot be recorded",
      };
}

interface EngineExamination {
  readonly findings: readonly Finding[];
  /** Where it answers, and whom it asks; undefined where none does. */
  readonly answers?: { readonly at: string; readonly plugins: readonly string[] };
}

async function engine({ settings }: Context): Promise<EngineExamination> {
  const address = engineAddress(settings);
  const what = "engine";
  await using client = new Engine({ address, timeoutMs: 5000, connectTimeoutMs: 2000 });
  try {
    const { serverVersion, storageDriver, containerdImageStore, dataRoot, authorizationPlugins } =
      await client.info();
    const at = formatEngineAddress(address);
    const detail = `Docker ${serverVersion} at ${at}, storage ${storageDriver}`;
    return {
      findings: [{ what, state: "ok", detail }, reading(storageDriver, containerdImageStore, dataRoot)],
      answers: { at, plugins: authorizationPlugins },
    };
  } catch (thrown) {
    const fix = "start the engine, or name its socket with --engine";
    return { findings: [unreadable(what, thrown, { state: "warn", fix })] };
  }
}

/** Nobody has to name an engine of our own, which runs where there is no other. */
function engineAddress({ engine: named, layout }: Context["settings"]): EngineAddress {
  if (named !== undefined) return named;
  const { engineSocket: socketPath } = layout;
  return existsSync(socketPath) ? { kind: "unix", socketPath } : defaultEngineAddress;
}

function reading(storageDriver: string, containerdImageStore: boolean, dataRoot: string): Finding {
  const what = "reading images";
  if (containerdImageStore || storageDriver !== "overlay2") {
    return {
      what,
      state: "warn",
      detail: `storage ${storageDriver} is read through the engine's export, which is slower`,
    };
  }
  try {
    readdirSync(path.join(dataRoot, "overlay2"));
    return { what, state: "ok", detail: "layers are read in place" };
  } catch (thrown) {
    return {
      what,
      state: "warn",
      detail: `layers cannot be read in place: ${messageOf(thrown)}`,
      fix: "run it with sudo",
    };
  }
}

async function gate({ settings }: Context, { answers: found }: EngineExamination): Promise<Finding> {
  const what = "gate";
  const isAsked = found?.plugins.includes(settings.gate.plugin) === true;
  let install: ReturnType<typeof readGateInstall>;
  try {
    install = readGateInstall(settings.layout.gateInstall);
  } catch (thrown) {
    const asked = isAsked ? `; the engine at ${found?.at} asks it` : "";
    const detail = `whether it is installed cannot be told: ${messageOf(thrown)}${asked}`;
    const fix = isDenied(thrown)
      ? "run it with sudo"
      : "see GATE_INSTALL_UNREADABLE in docs/reference/errors.md";
    return { what, state: isDenied(thrown) ? "warn" : "fail", detail, fix };
  }
  const answers = await answersAt(settings.layout.gateControlSocket);
  if (install === undefined && !isAsked) {
    const detail = answers ? "runs, and no engine was told to ask it" : "not installed";
    return { what, state: "warn", detail, fix: "pratique gate install" };
  }
  const where =
    install === undefined ? `asked by the engine at ${found?.at}` : `installed in ${install.configFile}`;
  if (answers) return { what, state: "ok", detail: `${where}, and answers` };
  const detail = `${where}, but does not answer: the engine refuses every call`;
  return { what, state: "fail", detail, fix: "pratique up" };
}

async function agent({ settings }: Context): Promise<Finding> {
  const what = "agent";
  try {
    await askLine(settings.layout.agentSocket, { command: "status" }, AbortSignal.timeout(ASK_DEADLINE_MS));
    return { what, state: "ok", detail: "runs" };
  } catch (thrown) {
    const detail = isDenied(thrown) ? "whether it runs cannot be told as this user" : "does not run";
    return { what, state: "warn", detail, fix: isDenied(thrown) ? "run it with sudo" : "pratique up" };
  }
}

/** How the running agent stands with its server; nothing where none runs. */
async function serverOf({ settings }: Context): Promise<readonly Finding[]> {
  const what = "server";
  const heard = await askAgent(settings.layout.agentSocket);
  if (heard === undefined) return [];
  const { server, problem, spool } = heard;
  if (isSpoolFull(heard)) {
    const detail = `the record waits for ${server} and is nearly full: then launches are refused`;
    const fix = "have the agent reach its server again, or raise record.spoolLimitMiB";
    return [{ what, state: "fail", detail, fix }];
  }
  if (problem === "" && spool.unsendable !== "")
    return [{ what, state: "fail", detail: spool.unsendable, fix: "see docs/howto/join-hosts.md" }];
  if (problem === "")
    return [{ what, state: "ok", detail: `${server}, ${spool.waiting ?? "?"} records wait` }];
  return [{ what, state: "warn", detail: problem, fix: "pratique agent status" }];
}

function advisories({ settings, now }: Context): Finding {
  const what = "advisories";
  try {
    const { sources } = readStatus(settings.layout.advisories, {
      clock: now,
      staleAfterMs: settings.staleAfterMs,
    });
    const fix = "pratique advisories update";
    if (sources.length === 0) return { what, state: "warn", detail: "only the small built-in set", fix };
    const oldest = sources.reduce((left, right) => (left.ageMs > right.ageMs ? left : right));
    const detail = `${sources.length} sources, the oldest is ${oldest.provider}, ${formatAge(oldest.ageMs)} old`;
    return { what, state: oldest.stale ? "warn" : "ok", detail, fix };
  } catch (thrown) {
    return unreadable(what, thrown, { state: "fail", fix: "pratique advisories update" });
  }
}

function policies({ settings }: Context): Finding {
  const what = "policies";
  try {
    const { set } = readPolicyFiles(settings.layout.policies);
    const names = set.policies.map(({ name }) => name);
    const inPlace = defaultNames().some((name) => names.includes(name))
      ? ""
      : ", in place of the built-in ones";
    return {
      what,
      state: "ok",
      detail: `${names.join(", ")}${inPlace}; ${set.exceptions.length} exceptions`,
    };
  } catch (thrown) {
    return unreadable(what, thrown, { state: "fail", fix: "pratique policy lint" });
  }
}

function defaultNames(): readonly string[] {
  return loadPolicies(defaultPolicies).policies.map(({ name }) => name);
}

function record({ settings, now }: Context): Finding {
  const what = "record";
  const { audit, evidence } = settings.layout;
  try {
    const { records, problems } = verifyAuditLog({
      directory: audit,
      evidence: new EvidenceStore(evidence, now),
    });
    if (problems.length === 0) return { what, state: "ok", detail: `whole, ${records} records` };
    return {
      what,
      state: "fail",
      detail: problems[0] ?? "",
      fix: "pratique audit verify, and find out who changed it",
    };
  } catch (thrown) {
    return unreadable(what, thrown, { state: "warn", fix: "it begins with pratique up" });
  }
}

/** What cannot be looked at, as against what is not as it should be: who may not read it is told so. */
function unreadable(
  what: string,
  thrown: unknown,
  { state, fix }: { readonly state: Finding["state"]; readonly fix: string },
): Finding {
  const detail = inPlainWords(messageOf(thrown));
  return { what, state, detail, fix: isDenied(thrown) ? "run it with sudo" : fix };
}

async function answersAt(socket: string): Promise<boolean> {
  const answer = await askLine(socket, { command: "status" }, AbortSignal.timeout(ASK_DEADLINE_MS)).catch(
    () => undefined,
  );
  return answer !== undefined;
}

function existingParent(place: string): string {
  try {
    statfsSync(place);
    return place;
  } catch {
    // Not there yet, or not for us to see: what is above it lies on the same disk, or says why not.
    return existingParent(path.dirname(place));
  }
}
