import { spawn } from "node:child_process";
import { once } from "node:events";
import { messageOf } from "@pratique/core";
import { OciError } from "../../errors.ts";
import type { RegistryCredentials } from "./credentials.ts";

export interface HelperOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** A name, not a path: the helper is looked for in PATH, and nowhere else. */
const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;
/** The user name by which a helper marks its secret as an identity token. */
const TOKEN_USER = "<token>";
/** The helpers' own words for "nothing is stored" (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = "credentials not found in native keychain";

/**
 * Asks `docker-credential-NAME get` for the credentials of a server. Undefined where it has none. No shell is
 * involved. Rejects with `CREDENTIALS_UNREADABLE`; what the helper printed is not repeated, since it may be
 * the secret.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  { environment, signal, timeoutMs = DEFAULT_TIMEOUT_MS }: HelperOptions,
): Promise<RegistryCredentials | undefined> {
  if (!HELPER.test(name)) throw unreadable(name, "its name is not one");
  const { code, output } = await run(`docker-credential-${name}`, server, {
    environment,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch((cause: unknown) => {
    throw unreadable(name, messageOf(cause), cause);
  });
  if (code !== 0) {
    if (output.trim() === NOT_FOUND) return undefined;
    throw unreadable(name, `it ended with code ${code}`);
  }
  return readAnswer(name, output);
}

async function run(
  command: string,
  input: string,
  { environment, signal }: { environment: HelperOptions["environment"]; signal: AbortSignal },
): Promise<{ readonly code: unknown; readonly output: string }> {
  const child = spawn(command, ["get"], {
    env: { ...environment },
    stdio: ["pipe", "pipe", "ignore"],
    signal,
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close");
  // A helper that does not read its input is no error of ours.
  child.stdin.on("error", () => undefined).end(`${input}\n`);
  const chunks: Buffer[] = [];
  let total = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total <= MAX_ANSWER_BYTES) chunks.push(chunk);
    else child.kill("SIGKILL");
  });
  const [code] = await closed;
  if (total > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
  return { code, output: Buffer.concat(chunks).toString("utf8") };
}

function readAnswer(name: string, output: string): RegistryCredentials | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw unreadable(name, "its answer is not JSON");
  }
  if (typeof answer !== "object" || answer === null || !("Username" in answer) || !("Secret" in answer)) {
    throw unreadable(name, "its answer has no Username and Secret");
  }
  const { Username: username, Secret: secret } = answer;
  if (typeof username !== "string" || typeof secret !== "string") {
    throw unreadable(name, "its answer has no Username and Secret");
  }
  if (username === TOKEN_USER) return { kind: "identity-token", token: secret };
  return username === "" ? undefined : { kind: "password", username, password: secret };
}

function unreadable(name: string, why: string, cause?: unknown): OciError {
  return new OciError(
    "CREDENTIALS_UNREADABLE",
    `no credentials from the helper ${JSON.stringify(name)}: ${why}`,
    { cause },
  );
}
