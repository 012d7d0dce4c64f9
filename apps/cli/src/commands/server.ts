import { existsSync } from "node:fs";
import path from "node:path";
import { AuditLog } from "@pratique/audit";
import { startServer } from "@pratique/server";
import { pino } from "pino";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/** `pratique server`: one part of `pratique up`, by itself. */
export async function runServer(context: Context, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const { settings, now, version, mainModule, console } = context;
  const { layout, listen } = settings;
  const consoleDirectory = path.join(path.dirname(mainModule), "console");
  using audit = new AuditLog({ directory: layout.audit, now });
  const server = await startServer({
    directory: layout.server,
    socketPath: layout.serverSocket,
    ...(existsSync(consoleDirectory) && { consoleDirectory }),
    host: listen.host,
    port: listen.port,
    audit,
    now: () => now().getTime(),
    log: pino({ name: "server", level: "warn" }, pino.destination(2)),
    version,
  });
  console.say(`the server listens on ${server.url}`);
  if (flags.json === true) console.print(`${JSON.stringify({ ready: true, url: server.url })}\n`);
  await context.untilEnded();
  await server.close();
  return exitCodes.fine;
}
