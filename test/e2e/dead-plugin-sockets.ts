import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";

const PLUGIN_DIRECTORY = "/run/docker/plugins";
/** How tests, benches and the demonstration name theirs. */
const OURS = /^(?:pr[a-z]|pratique-demo)-.*\.sock$/u;

/**
 * Takes away what killed runs left: to find drivers of volumes, an engine asks every socket there, and waits 15 seconds
 * for each that is dead.
 */
export async function removeDeadPluginSockets(): Promise<void> {
  if (!existsSync(PLUGIN_DIRECTORY)) return;
  for (const name of readdirSync(PLUGIN_DIRECTORY)) {
    const socketPath = `${PLUGIN_DIRECTORY}/${name}`;
    if (OURS.test(name) && (await isDead(socketPath))) rmSync(socketPath, { force: true });
  }
}

async function isDead(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return false;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
