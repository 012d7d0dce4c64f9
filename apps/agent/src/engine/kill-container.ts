import { type RequestOptions, request } from "node:http";
import { type EngineAddress, formatEngineAddress } from "@pratique/engine";
import { AgentError } from "../errors.ts";

const TIMEOUT_MS = 15_000;
const MAX_MESSAGE_BYTES = 4096;

/** Has the engine kill a container. Rejects with `ENGINE_REFUSED_KILL`; one that is not there counts as refused. */
export async function killContainer(address: EngineAddress, containerId: string): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/u.test(containerId)) {
    throw new AgentError(
      "ENGINE_REFUSED_KILL",
      `${JSON.stringify(containerId)} is not the id of a container`,
    );
  }
  const { status, message } = await post(targetOf(address), `/containers/${containerId}/kill`);
  // 409 is for one that does not run: there is nothing left to kill.
  if (status === 204 || status === 409) return;
  throw new AgentError("ENGINE_REFUSED_KILL", `the engine answered ${status}: ${message}`);
}

function targetOf(address: EngineAddress): RequestOptions {
  if (address.kind === "unix") return { socketPath: address.socketPath };
  if (!address.tls) return { host: address.host, port: address.port };
  throw new AgentError(
    "ENGINE_REFUSED_KILL",
    `containers are not killed through ${formatEngineAddress(address)}: the agent has no certificate for it`,
  );
}

async function post(
  target: RequestOptions,
  path: string,
): Promise<{ readonly status: number; readonly message: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; message: string }>();
  const call = request(
    {
      ...target,
      path,
      method: "POST",
      headers: { host: "engine", "content-length": 0 },
      timeout: TIMEOUT_MS,
    },
    (response) => {
      let message = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        message = (message + piece).slice(0, MAX_MESSAGE_BYTES);
      });
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, message: message.trim() }));
    },
  );
  call.once("error", reject);
  call.once("timeout", () => call.destroy(new Error("the engine does not answer")));
  call.end();
  return await promise;
}
