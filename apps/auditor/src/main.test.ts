import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import path from "node:path";
import {
  directoryTileSource,
  formatJsonLine,
  httpWitness,
  type LoggedEntry,
  makeProofs,
  openNoteKey,
  parseVerifierKey,
  TreeLog,
  type TreeLogProblem,
  verifyTree,
  type WitnessClient,
} from "@pratique/audit";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLogFiles, writeLogFiles } from "../../../packages/audit/src/tree/testdata/log-files.ts";

const program = path.join(import.meta.dirname, "main.ts");
let directory: TempDirectory;
let log: string;
let key: string;
const running: ChildProcess[] = [];

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  directory = tempDirectory();
  log = directory.at("log");
  await grow(log, 300);
  key = openNoteKey(directory.at("log.pem"), "log.example").key.vkey;
});
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  directory[Symbol.dispose]();
});

async function grow(
  at: string,
  count: number,
  witnesses: readonly WitnessClient[] = [],
  { origin = "log.example", subject = "policy" } = {},
): Promise<readonly TreeLogProblem[]> {
  const storage = await openLogFiles(at);
  const problems: TreeLogProblem[] = [];
  const signer = openNoteKey(directory.at("log.pem"), origin);
  const now = () => new Date("2026-01-02T03:04:05.678Z");
  const options = {
    storage,
    signer,
    now,
    elapsedMs: () => 0,
    random: randomBytes,
    witnesses,
    ticking: false,
  };
  const writer = new TreeLog({ ...options, onProblem: (problem) => problems.push(problem) });
  const actor = { id: "u-1", kind: "user", method: "oidc" } as const;
  const events = Array.from({ length: count }, (_, at) => ({
    class: "policy" as const,
    action: at === 1 ? "policy\u001b[2J.changed" : "policy.changed",
    actor,
    stage: "fact" as const,
    subject: { kind: subject, id: `p|${at}` },
  }));
  await Promise.all(events.map((event) => writer.append(event)));
  await writer.checkpoint();
  await writeLogFiles(storage, at);
  return problems;
}

async function audit(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const said = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (said[0] += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said[1] += chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, stdout: said[0] ?? "", stderr: said[1] ?? "" };
}

/** A copy of the log in which one byte of one entry differs. */
function tampered(): string {
  const copy = directory.at("tampered");
  rmSync(copy, { recursive: true, force: true });
  cpSync(log, copy, { recursive: true });
  const file = path.join(copy, "tile/entries/000");
  const text = readFileSync(file, "latin1");
  writeFileSync(file, text.replace("p|17", "p|71"), "latin1");
  return copy;
}

async function serve(root: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(path.join(root, path.normalize(request.url ?? ""))));
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` };
}

async function startWitness(
  more: readonly string[] = [],
  listen = "127.0.0.1:0",
): Promise<{
  readonly url: string;
  readonly vkey: string;
  readonly said: string;
  readonly child: ChildProcess;
}> {
  const args = ["--name=w.example", `--key=${directory.at("w.pem")}`, `--state=${directory.at("w.state")}`];
  const child = spawn(
    process.execPath,
    [program, "witness", ...args, ...more, `--log=${key}`, `--listen=${listen}`],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  running.push(child);
  let said = "";
  for await (const chunk of child.stderr) {
    said += String(chunk);
    if (said.includes("listening on ") && said.endsWith("\n")) break;
  }
  return {
    url: /listening on (?<url>\S+)/u.exec(said)?.groups?.url ?? "",
    vkey: /witness (?<vkey>\S+)/u.exec(said)?.groups?.vkey ?? "",
    said,
    child,
  };
}

describe("verify", () => {
  it("finds a whole log whole, and keeps its checkpoint", async () => {
    const kept = directory.at("kept");
    const { code, stdout, stderr } = await audit("verify", log, `--key=${key}`, `--save=${kept}`);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^log\.example: 300 of 300 entries read.*\nroot hash [\da-f]{64}\nsigned by .*\nwhole\n$/u,
    );
    expect(readFileSync(kept, "utf8")).toBe(readFileSync(path.join(log, "checkpoint"), "utf8"));
  });

  it("names the entry that was changed", async () => {
    const { code, stdout } = await audit("verify", tampered(), `--key=${key}`, "--json");
    expect(code).toBe(2);
    expect(JSON.parse(stdout).problems[0]).toMatchObject({ kind: "entry-changed", index: 17 });
  });

  it("does not take a log for checked whose key it does not know", async () => {
    const { code, stdout } = await audit("verify", log);
    expect(code).toBe(3);
    expect(stdout).toContain("not fully checked: without --key");
  });

  it("misses what an earlier checkpoint knew", async () => {
    const longer = directory.at("longer");
    cpSync(log, longer, { recursive: true });
    await grow(longer, 5);
    const earlier = path.join(longer, "checkpoint");
    expect(
      (await audit("verify", longer, `--key=${key}`, `--earlier=${path.join(log, "checkpoint")}`)).code,
    ).toBe(0);
    const { code, stdout } = await audit("verify", log, `--key=${key}`, `--earlier=${earlier}`);
    expect(code).toBe(2);
    expect(stdout).toContain("entry 300: log-shortened");
  });

  it("reads a log over HTTP, and says when it breaks off there", async () => {
    const { server, url } = await serve(log);
    const whole = await audit("verify", `${url}/`, `--key=${key}`);
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      const isCheckpoint = request.url === "/checkpoint";
      if (isCheckpoint) response.end(readFileSync(path.join(log, "checkpoint")));
      else response.writeHead(500).end();
    });
    const broken = await audit("verify", url, `--key=${key}`);
    server.closeAllConnections();
    server.close();
    expect(whole.code).toBe(0);
    expect(broken.code).toBe(3);
    expect(broken.stderr).toMatch(/^pratique-audit: .*status 500\n$/u);
  });
});

it.each([
  ["no command", [], /a command is expected/u],
  ["another command", ["constructor"], /a command is expected/u],
  ["an unknown option", ["verify", "--x"], /--x/u],
  ["no log", ["verify"], /a log is expected/u],
  ["a directory without one", ["verify", "/dev/null"], /there is no checkpoint at .*; name the directory/u],
  ["a malformed key", ["verify", import.meta.dirname, "--key=x"], /./u],
  ["a quorum without witnesses", ["export", "/dev/null", "--quorum=1"], /./u],
  ["another format", ["export", "/dev/null", "--format=xml"], /one of cef, json, ocsf/u],
  ["an index that is none", ["prove", "/dev/null", "-1"], /./u],
  ["half the options of a witness", ["witness", "--name=w"], /are expected/u],
])("ends with 1 and one line for %s", async (_, args, message) => {
  const { code, stdout, stderr } = await audit(...args);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(message);
  expect(stderr.split("\n")).toHaveLength(2);
});

/** Lines of an export of some entries of a log, newest first. */
async function linesOf(at: string, from: number, to: number, origin = "log.example") {
  const source = directoryTileSource(at);
  const checkpoint = (await source.checkpoint()) ?? "";
  const entries: LoggedEntry[] = [];
  await verifyTree({
    source,
    logKeys: [],
    onEntry: (entry, index) => entries.push({ origin, index, entry }),
  });
  const chosen = entries.slice(from, to).toReversed();
  const proofs = await makeProofs(
    source,
    checkpoint,
    chosen.map(({ index }) => index),
  );
  return chosen.map((entry, place) => formatJsonLine(entry, proofs[place]));
}

it("verifies entries that were exported with their proofs, and names the line that was changed", async () => {
  const lines = await linesOf(log, 250, 280);
  const file = directory.at("audit.jsonl");
  const check = async (text: string) => {
    writeFileSync(file, text);
    return await audit("prove", "--check", file, `--key=${key}`);
  };
  expect(await check(`${lines.join("\n")}\n`)).toMatchObject({
    code: 0,
    stdout: "proved: 30 of the 300 entries of log.example, from 250 to 279, all that are between\n",
  });
  expect((await check(`${[...lines, ...lines].join("\n")}\n`)).stdout).toMatch(
    /^proved: 30 of .*, all that/u,
  );
  expect((await check(`${lines.toSpliced(3, 1).join("\n")}\n`)).stdout).toContain("not all that are between");
  const changed = lines.with(4, (lines[4] ?? "").replace("policy.changed", "policy.chanced"));
  const found = await check(`${changed.join("\n")}\n`);
  expect(found.code).toBe(2);
  expect(found.stdout).toMatch(/^proved: 29 of .*\nline 5: NOT PROVED: .*does not lead from entry 275/u);
  expect((await check(lines.join("\n").slice(0, -1))).code).toBe(2);
  expect(await check("")).toMatchObject({ code: 3, stdout: "no entry is proved\n" });
  expect((await audit("prove", "--check", directory.at("none"), `--key=${key}`)).code).toBe(1);
});

it("takes no line for proved that is one only without something in its middle", async () => {
  const [line = ""] = await linesOf(log, 17, 18);
  // Data beside a proof, which nothing vouches for, lead as far as a line may go.
  const limit = 1024 * 1024;
  const long = line.replace("@v1\\n", `@v1\\nextra ${"A".repeat(limit)}\\n`);
  const more = 'A","entry":"of somebody else","proof":"'.padEnd(65_536, "A");
  const file = directory.at("long.jsonl");
  writeFileSync(file, `${long.slice(0, limit)}${more}${long.slice(limit)}\n`);
  const { code, stdout } = await audit("prove", "--check", file, `--key=${key}`);
  expect(stdout).toBe("no entry is proved\nline 1: NOT PROVED: the line does not hold: it is too long\n");
  expect(code).toBe(2);
});

it("takes no lines of two logs, or of two histories of one, for those of one log", async () => {
  const names = { origin: "other.example" };
  await grow(directory.at("other"), 20, [], names);
  await grow(directory.at("forked"), 300, [], { subject: "role" });
  const other = openNoteKey(directory.at("log.pem"), names.origin).key.vkey;
  const file = directory.at("mixed.jsonl");
  const check = async (...lines: readonly string[]) => {
    writeFileSync(file, lines.join("\n"));
    return await audit("prove", "--check", file, `--key=${key}`, `--key=${other}`);
  };
  const own = await linesOf(log, 0, 10);
  const mixed = await check(...own, ...(await linesOf(directory.at("other"), 10, 20, names.origin)));
  expect(mixed.code).toBe(2);
  expect(mixed.stdout).toMatch(
    /^proved: 10 of the 300 entries of log\.example, from 0 to 9, .*\nline 11: NOT PROVED: .*other\.example/u,
  );
  const forked = await check(...own, ...(await linesOf(directory.at("forked"), 10, 20)));
  expect(forked.code).toBe(2);
  expect(forked.stdout).toMatch(/\nline 11: NOT PROVED: .* another history of the log/u);
});

it("proves one entry, offline", async () => {
  const [proof, entry] = [directory.at("17.tlog-proof"), directory.at("17.json")];
  expect((await audit("prove", log, "17", `--output=${proof}`, `--entry=${entry}`)).code).toBe(0);
  const proved = await audit("prove", "--check", proof, `--entry=${entry}`, `--key=${key}`);
  expect(proved).toMatchObject({
    code: 0,
    stdout: "proved: entry 17 of log.example, which had 300 entries\n",
  });
  writeFileSync(entry, readFileSync(entry, "utf8").replace("p|17", "p|71"));
  const refused = await audit("prove", "--check", proof, `--entry=${entry}`, `--key=${key}`, "--json");
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ proved: false });
  expect((await audit("prove", log, "300")).code).toBe(1);
});

describe("export", () => {
  it.each([
    ["json", /^\{"entry":/u],
    ["cef", /^CEF:0\|Pratique\|Pratique\|/u],
    ["ocsf", /^\{"category_uid":3,/u],
  ])("writes %s, one line an entry", async (format, line) => {
    const args = [`--key=${key}`, `--format=${format}`, "--from=0", "--to=3"];
    const { code, stdout } = await audit("export", log, ...args);
    expect(code).toBe(0);
    const lines = stdout.split("\n").slice(0, -1);
    expect(lines).toHaveLength(3);
    for (const text of lines) expect(text).toMatch(line);
    expect(stdout).not.toContain("\u001b");
  });

  it("says by its exit code that the log is not whole", async () => {
    const { code, stderr } = await audit("export", tampered(), `--key=${key}`);
    expect(code).toBe(2);
    expect(stderr).toContain("entry 17: entry-changed");
  });
});

it("is a witness, which remembers over its own death and refuses a restored backup", async () => {
  const [watched, backup] = [directory.at("watched"), directory.at("watched-backup")];
  mkdirSync(watched);
  const first = await startWitness();
  const client = (url: string) => [httpWitness(parseVerifierKey(first.vkey), url, fetch)];
  expect(await grow(watched, 5, client(first.url))).toEqual([]);
  cpSync(watched, backup, { recursive: true });
  expect(await grow(watched, 5, client(first.url))).toEqual([]);
  const args = [watched, `--key=${key}`, `--witness=${first.vkey}`, "--quorum=1"];
  expect((await audit("verify", ...args)).code).toBe(0);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const second = await startWitness();
  expect(second.vkey).toBe(first.vkey);
  const problems = await grow(backup, 1, client(second.url));
  expect(problems).toMatchObject([{ kind: "witness", outcome: { kind: "refused", status: 409, size: 10 } }]);
  const { code, stdout } = await audit("verify", backup, ...args.slice(1));
  expect(code).toBe(2);
  expect(stdout).toContain("quorum-missed");
  const exited = once(second.child, "exit");
  second.child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  const state = readdirSync(directory.path).filter((name) => name.startsWith("w.state"));
  expect(state.filter((name) => !name.endsWith("lock"))).toEqual(["w.state"]);
});

const openssl = spawnSync("openssl", ["version"]).status === 0;

describe("a witness across hosts", () => {
  it.skipIf(!openssl)("cosigns over TLS, for whoever trusts its certificate alone", async () => {
    const [certificate, certificateKey] = [directory.at("tls.pem"), directory.at("tls-key.pem")];
    const subject = ["-subj", "/CN=w.example", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", certificateKey, "-out", certificate, "-days", "2", "-noenc"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    expect(spawnSync("openssl", ["req", "-x509", ...curve, ...files, ...subject]).status).toBe(0);
    const state = `--state=${directory.at("tls.state")}`;
    const witness = await startWitness([`--tls-cert=${certificate}`, `--tls-key=${certificateKey}`, state]);
    expect(witness.url).toMatch(/^https:/u);
    expect(witness.said).not.toContain("warning");
    const watched = directory.at("watched-over-tls");
    mkdirSync(watched);
    const ask = (fetch: typeof globalThis.fetch) => [
      httpWitness(parseVerifierKey(witness.vkey), witness.url, fetch),
    ];
    expect(await grow(watched, 5, ask(fetch))).toMatchObject([{ kind: "witness" }]);
    expect(await grow(watched, 5, ask(fetchTrusting(readFileSync(certificate, "utf8"))))).toEqual([]);
    const quorum = [`--witness=${witness.vkey}`, "--quorum=1"];
    expect((await audit("verify", watched, `--key=${key}`, ...quorum)).code).toBe(0);
  });

  it.each([
    ["a certificate without its key", ["--tls-cert=/dev/null"], /are expected together/u],
    ["a key without its certificate", ["--tls-key=/dev/null"], /are expected together/u],
    ["a certificate that is none", ["--tls-cert=/dev/null", "--tls-key=/dev/null"], /cannot be used/u],
    ["a certificate that is not there", ["--tls-cert=/none", "--tls-key=/none"], /cannot be read/u],
  ])("does not start with %s", async (_, more, message) => {
    const files = [`--key=${directory.at("refused.pem")}`, `--state=${directory.at("refused.state")}`];
    const args = ["witness", "--name=w.example", ...files, `--log=${key}`, "--listen=127.0.0.1:0"];
    const { code, stderr } = await audit(...args, ...more);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  it("warns where it is heard on the network without TLS", async () => {
    const plain = await startWitness([`--state=${directory.at("plain.state")}`], "0.0.0.0:0");
    expect(plain.said).toContain("warning: without --tls-cert and --tls-key");
    const local = await startWitness([`--state=${directory.at("local.state")}`]);
    expect(local.said).not.toContain("warning");
  });
});

/** `fetch`, for one kind of call and with an authority of its own. */
function fetchTrusting(ca: string): typeof globalThis.fetch {
  return async (url, init) => {
    const call = request(new URL(String(url)), { method: "POST", ca, agent: false });
    call.end(init?.body);
    const [reply] = await once(call, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk);
    return new Response(Buffer.concat(chunks), { status: reply.statusCode });
  };
}
