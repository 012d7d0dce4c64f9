import { type ChildProcess, spawn } from "node:child_process";

const MAX_PRINTED_BYTES = 32 * 1024;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the program. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/**
 * Runs a program without a shell and gives what it printed. Rejects when it cannot be started, ends with
 * another code than 0, prints too much, or is late; its whole process group is killed then.
 */
export async function runCommand(command: Command, input: Uint8Array): Promise<Buffer> {
  const { program, args, environment, timeoutMs } = command;
  const child = spawn(program, args, {
    env: { ...environment },
    stdio: ["pipe", "pipe", "ignore"],
    // A group of its own, so that what the program started ends with it.
    detached: true,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      // Not the end of the program but of our patience: a child that keeps the pipe open cannot hold us.
      timer = setTimeout(() => reject(new Error(`it did not answer within ${timeoutMs} ms`)), timeoutMs);
      collect(child, resolve, reject);
      // A program that does not read its input is no error of ours: it fails by what it prints.
      child.stdin.on("error", () => undefined).end(input);
    });
  } finally {
    clearTimeout(timer);
    killGroup(child);
  }
}

function collect(
  child: ChildProcess,
  resolve: (printed: Buffer) => void,
  reject: (cause: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let total = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total > MAX_PRINTED_BYTES) reject(new Error(`it printed more than ${MAX_PRINTED_BYTES} bytes`));
    else chunks.push(chunk);
  });
  child.on("error", reject);
  child.on("close", (code, signal) => {
    if (code !== 0) reject(new Error(`it ended with ${signal ?? `code ${code}`}`));
    else resolve(Buffer.concat(chunks));
    for (const chunk of chunks) chunk.fill(0);
  });
}

function killGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  // Once it has ended, its number may be another's.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group ended in between, as it should.
  }
}
