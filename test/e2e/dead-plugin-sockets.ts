import { existsSync, readdirSync } from "node:fs";
import { removeDeadSocket } from "@pratique/gate";

const PLUGIN_DIRECTORY = "/run/docker/plugins";
/** How tests, benches and the demonstration name theirs. */
const OURS = /^(?:pr[a-z]|pratique-demo)-.*\.sock$/u;

/**
 * Takes away what killed runs left: to find drivers of volumes, an engine asks every socket there, and waits 15 seconds
 * for each that is dead.
 */
export async function removeDeadPluginSockets(): Promise<void> {
  if (!existsSync(PLUGIN_DIRECTORY)) return;
  const ours = readdirSync(PLUGIN_DIRECTORY).filter((name) => OURS.test(name));
  await Promise.all(ours.map((name) => removeDeadSocket(`${PLUGIN_DIRECTORY}/${name}`)));
}
