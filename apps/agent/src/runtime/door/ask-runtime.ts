import { connect } from "node:net";
import { createInterface } from "node:readline";
import { messageOf } from "@pratique/core";
import { AgentError } from "../../errors.ts";
import type { RuntimeRequest } from "./runtime-door.ts";

/**
 * Asks the running agent what goes on, and gives its lines as they come; it ends with the agent, with the signal, or
 * when all has been told. Throws `RUNTIME_UNAVAILABLE` where no agent watches, and `RUNTIME_REFUSED` where it says that
 * it cannot answer.
 */
export async function* askRuntime(
  socketPath: string,
  request: RuntimeRequest,
  signal: AbortSignal,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
  const socket = connect(socketPath);
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.once("close", close);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  socket.on("error", (cause) => {
    const what = `no agent watches running containers here: ${messageOf(cause)}`;
    failed.reject(new AgentError("RUNTIME_UNAVAILABLE", what, { cause }));
  });
  try {
    const { promise: connected, resolve } = Promise.withResolvers<void>();
    socket.once("connect", resolve);
    await Promise.race([connected, failed.promise, closed]);
    if (signal.aborted) return;
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
    // What is destroyed never ends, so that whoever reads its lines would wait for good.
    socket.once("close", () => lines.close());
    for await (const line of lines) {
      const value = parse(line);
      if (typeof value.error === "string") throw new AgentError("RUNTIME_REFUSED", value.error);
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  if (typeof value === "object" && value !== null) return { ...value };
  throw new AgentError("RUNTIME_UNAVAILABLE", "the agent answers with what is no object");
}
