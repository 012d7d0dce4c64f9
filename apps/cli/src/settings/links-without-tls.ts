import { postgresUrls } from "@pratique/store";
import type { ServerSettings } from "./server-settings.ts";

type Links = Pick<ServerSettings, "witnesses" | "database" | "bus">;

/** What of PostgreSQL's `sslmode` neither proves the server's name nor always encrypts. */
const UNPROVED: ReadonlySet<string> = new Set(["", "allow", "disable", "no-verify", "prefer"]);

/**
 * What the server is connected with on other hosts without TLS, or without knowing whom it speaks to, one line each:
 * whoever is between reads it, and changes it. No line holds more of an address than its host.
 */
export function linksWithoutTls(
  { witnesses, database, bus }: Links,
  { PGSSLMODE = "" }: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const lines: string[] = [];
  for (const { url } of witnesses) {
    const host = hostIn(url);
    if (/^http:/iu.test(url) && isElsewhere(host)) {
      lines.push(
        `the witness at ${host} is asked without TLS: give it a certificate, and name it as https://`,
      );
    }
  }
  for (const address of postgresUrls(database() ?? "")) {
    const postgres = URL.parse(address);
    const mode = postgres?.searchParams.get("sslmode") ?? PGSSLMODE;
    if (postgres === null || !isElsewhere(placeOf(postgres)) || !UNPROVED.has(mode)) continue;
    const found = mode === "" ? "no sslmode" : `sslmode=${mode}`;
    lines.push(`PostgreSQL at ${placeOf(postgres)} has ${found}: add ?sslmode=verify-full to database.url`);
  }
  for (const server of bus.nats?.tls === undefined ? (bus.nats?.servers ?? []) : []) {
    const host = hostIn(server);
    if (!/^tls:/iu.test(server) && isElsewhere(host)) {
      lines.push(`NATS at ${host} is reached without TLS: name it as tls://, or set bus.nats.tls`);
    }
  }
  return lines;
}

function hostIn(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}

/** `?host=` is stronger than what stands before it; a directory is that of a socket. */
function placeOf(url: URL): string {
  return url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
}

function isElsewhere(host: string): boolean {
  const isHere = host === "" || host.startsWith("/") || host === "localhost" || /^\[?::1\]?$/u.test(host);
  return !isHere && !/^127\.\d+\.\d+\.\d+$/u.test(host);
}
