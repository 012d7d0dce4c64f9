import { MiB } from "@pratique/core";
import type { ServerOptions } from "@pratique/server";
import type { Context } from "../context.ts";
import { flagsForChildren } from "../part.ts";

/** How registries are scanned by this process, and the processes that it starts for it. */
export function registryWorkOf(context: Context): NonNullable<ServerOptions["registries"]> {
  const { workers, memoryMiB, sharedLayersMiB } = context.settings.server.registries;
  const args = ["registry-scanner", ...flagsForChildren(context)];
  // Whoever takes it over by an image is not told how the database is reached.
  const {
    PRATIQUE_DATABASE_URL: _url,
    PRATIQUE_DATABASE_URL_FILE: _file,
    ...environment
  } = context.environment;
  return {
    workers,
    scanner: { module: context.mainModule, args, memoryMiB, environment },
    layers: { directory: context.settings.layout.layerCache, maxBytes: sharedLayersMiB * MiB },
  };
}
