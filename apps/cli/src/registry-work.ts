import type { ServerOptions } from "@pratique/server";
import { flagsForChildren } from "./commands/part.ts";
import type { Context } from "./context.ts";

/** How registries are scanned by this process, and the processes that it starts for it. */
export function registryWorkOf(context: Context): NonNullable<ServerOptions["registries"]> {
  const { workers, memoryMiB } = context.settings.server.registries;
  const args = ["registry-scanner", ...flagsForChildren(context)];
  return { workers, scanner: { module: context.mainModule, args, memoryMiB } };
}
