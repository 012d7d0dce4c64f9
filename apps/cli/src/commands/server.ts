import { existsSync } from "node:fs";
import path from "node:path";
import { startServer } from "@pratique/server";
import { pino } from "pino";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { holdDirectory } from "../hold-directory.ts";
import { storageOf } from "../installation.ts";
import { registryWorkOf } from "../registries/registry-work.ts";
import { linksWithoutTls } from "../settings/links-without-tls.ts";

/** `pratique server`: one part of `pratique up`, by itself. */
export async function runServer(context: Context, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const { settings, now, elapsedMs, version, mainModule, console } = context;
  const { layout, listen, agents } = settings;
  const { publicUrl, names, tls, trustedProxies, auditKeyFile, witnesses, otlpEndpoint } = settings.server;
  const { addresses, certificates } = settings.server.outbound();
  for (const line of linksWithoutTls(settings.server, context.environment)) console.say(`warning: ${line}`);
  // Another one would take the calls that are under way for those of a server that died, and the log would not be whole.
  // Servers that share a database have each a directory of their own.
  using _ = await holdDirectory(layout.server, "server");
  const consoleDirectory = path.join(path.dirname(mainModule), "console");
  const server = await startServer({
    ...storageOf(settings),
    socketPath: layout.serverSocket,
    ...(existsSync(consoleDirectory) && { consoleDirectory }),
    host: listen.host,
    port: listen.port,
    ...(agents !== undefined && {
      agents: {
        host: agents.host,
        port: agents.port,
        ...(agents.name !== undefined && { name: agents.name }),
        hostCertificateMs: agents.certificateMs,
        whenCloned: agents.whenCloned,
      },
    }),
    ...(publicUrl !== undefined && { publicUrl }),
    names,
    ...(tls !== undefined && { tls: async () => tls() }),
    trustedProxies,
    bus: settings.server.bus,
    registries: registryWorkOf(context),
    advisories: { directory: layout.advisories, staleAfterMs: settings.staleAfterMs },
    notifications: {
      ...(addresses !== undefined && { addresses }),
      ...(certificates !== undefined && { extraCertificates: certificates }),
    },
    identityProviders: {
      ...(addresses !== undefined && { addresses }),
      ...(certificates !== undefined && { certificates }),
    },
    ...(auditKeyFile !== undefined && { auditKeyFile }),
    witnesses,
    ...(certificates !== undefined && { witnessCertificates: certificates }),
    ...(otlpEndpoint !== undefined && { otlpEndpoint }),
    now: () => now().getTime(),
    elapsedMs,
    log: pino({ name: "server", level: "warn" }, pino.destination(2)),
    version,
  });
  console.say(`the server listens on ${server.url}`);
  if (server.agentsUrl !== undefined) console.say(`agents are listened for at ${server.agentsUrl}`);
  if (flags.json === true) {
    const agentsUrl = server.agentsUrl ?? null;
    console.print(`${JSON.stringify({ ready: true, url: server.url, agentsUrl })}\n`);
  }
  await context.untilEnded();
  await server.close();
  return exitCodes.fine;
}
