import type { AuditEvent, AuditRecord } from "@pratique/core";
import { type FixedClock, fixedClock, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { type RunningServer, type ServerOptions, startServer } from "../index.ts";
import { type CallOptions, callHttps, callSocket, type Reply } from "./call.ts";
import { putEmptyStore } from "./empty-store.ts";

/** The password that the first administrator gets. */
export const ADMIN_PASSWORD = "kettle-orbit-velvet-47";

/** The cookie that a reply has the browser keep. */
export function cookieIn({ headers }: Reply): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

/** A real server on a free port, with its store in a directory that is gone afterwards. */
export interface TestServer extends AsyncDisposable {
  readonly directory: TempDirectory;
  readonly clock: FixedClock;
  readonly audited: readonly AuditEvent[];
  /** Has so many entries fail that are written next. */
  failAudit(times: number): void;
  readonly logged: readonly string[];
  readonly running: RunningServer;
  readonly socketPath: string;
  call(path: string, options?: CallOptions): Promise<Reply>;
  agent(path: string, options?: CallOptions): Promise<Reply>;
  /** Signs in as the first administrator, who has a password then, and gives the cookie. */
  signIn(): Promise<string>;
}

export async function testServer(more: Partial<ServerOptions> = {}): Promise<TestServer> {
  const directory = tempDirectory();
  const clock = fixedClock("2026-11-24T12:30:00Z");
  const audited: AuditEvent[] = [];
  let failing = 0;
  const logged: string[] = [];
  const socketPath = directory.at("run", "server.sock");
  if (more.database === undefined) await putEmptyStore(directory.at("server"));
  const running = await startServer({
    directory: directory.at("server"),
    socketPath,
    port: 0,
    audit: {
      append(event): AuditRecord {
        failing -= 1;
        if (failing >= 0) throw new Error("the disk is full");
        audited.push(event);
        const none = "0".repeat(64);
        return { ...event, sequence: audited.length, time: "", previousHash: none, hash: none };
      },
    },
    now: clock.now,
    elapsedMs: more.now ?? clock.now,
    log: pino({ level: "trace" }, { write: (line: string) => void logged.push(line) }),
    version: "1.2.3",
    passwordCost: { memoryKib: 64, passes: 1, lanes: 1 },
    ...more,
  });
  const call = (path: string, options?: CallOptions) => callHttps(running.url, path, options);
  return {
    directory,
    clock,
    audited,
    failAudit(times) {
      failing = times;
    },
    logged,
    running,
    socketPath,
    call,
    agent: (path, options) => callSocket(socketPath, path, options),
    async signIn() {
      const link = new URL(await running.createSignInLink());
      const reply = await call("/api/v1/session", {
        method: "POST",
        headers: { origin: running.url },
        body: { token: link.hash.slice(1) },
      });
      const cookie = cookieIn(reply);
      await call("/api/v1/session/password", {
        method: "PUT",
        headers: { origin: running.url, cookie },
        body: { next: ADMIN_PASSWORD },
      });
      return cookie;
    },
    async [Symbol.asyncDispose]() {
      await running.close();
      directory[Symbol.dispose]();
    },
  };
}
