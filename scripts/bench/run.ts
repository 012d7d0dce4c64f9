import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

const MAX_TAIL_CHARS = 4000;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Other codes are failures, too, unless they are listed here. */
  readonly fineCodes?: readonly number[];
}

/**
 * Runs a program to its end and gives its standard output. Throws with the last of what it said when its exit code
 * is not fine.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env = process.env, fineCodes = [0] } = options;
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env,
    ...(cwd !== undefined && { cwd }),
  });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const [code] = await closed;
  if (!fineCodes.includes(code)) {
    throw new Error(`${command} ended with ${code}: ${`${stdout}\n${stderr}`.slice(-MAX_TAIL_CHARS)}`);
  }
  return stdout;
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
