import { statSync } from "node:fs";
import { databaseOf, type Installation, type ServerOptions } from "@pratique/server";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

/** Where this installation has its data and its keys, as the settings say. Throws `CONFIG_INVALID`. */
export function installationOf({ settings, now }: Context): Installation {
  const { directory, database, keys } = storageOf(settings);
  return {
    directory,
    database: databaseOf({ directory, ...(database !== undefined && { database }) }),
    ...(keys !== undefined && { keys }),
    now: () => now().getTime(),
  };
}

/** The same, where a server has run already: nothing is made. Throws `PART_FAILED`. */
export function usedInstallationOf(context: Context): Installation {
  const installation = installationOf(context);
  const { database, directory } = installation;
  // Where this user may not look, there may well be one: that is thrown as it is.
  if (!("file" in database) || statSync(database.file, { throwIfNoEntry: false }) !== undefined) {
    return installation;
  }
  throw new CliError("PART_FAILED", `no server has run with its data in ${directory}`, {
    hint: "name another place with --data",
  });
}

/** The same as a server is started with it. */
export function storageOf({
  layout,
  server,
}: Context["settings"]): Pick<ServerOptions, "directory" | "database" | "keys"> {
  const url = server.database();
  const keys = server.keys(layout.server);
  return {
    directory: layout.server,
    ...(url !== undefined && { database: { postgres: url } }),
    ...(keys !== undefined && { keys }),
  };
}
