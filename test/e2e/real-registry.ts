import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";

const START_DEADLINE_MS = 20_000;

export interface RealRegistryOptions {
  /** A line of an htpasswd file with a bcrypt hash. */
  readonly htpasswd?: string;
  /** With a certificate for 127.0.0.1 that signs itself. */
  readonly tls?: boolean;
}

/** The distribution project's own registry, with storage of its own, on loopback. */
export interface RealRegistry extends AsyncDisposable {
  readonly host: string;
  /** In PEM; empty without TLS. */
  readonly certificate: string;
}

/** Why no such registry can be started here; undefined where one can. */
export function registryUnavailable(): string | undefined {
  for (const name of ["docker-registry", "skopeo", "openssl"]) {
    if (spawnSync("which", [name]).status !== 0) return `needs ${name}`;
  }
  return undefined;
}

/** Starts a registry on a free port and waits until it listens. */
export async function startRealRegistry(options: RealRegistryOptions = {}): Promise<RealRegistry> {
  const directory = tempDirectory();
  const config = directory.at("config.json");
  writeFileSync(config, JSON.stringify(configOf(directory, options)));
  if (options.htpasswd !== undefined) writeFileSync(directory.at("htpasswd"), options.htpasswd);
  const child = spawn("docker-registry", ["serve", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH },
  });
  const port = await listeningPort(child);
  return {
    host: `127.0.0.1:${port}`,
    certificate: options.tls === true ? readFileSync(directory.at("cert.pem"), "utf8") : "",
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      directory[Symbol.dispose]();
    },
  };
}

/** JSON is YAML. */
function configOf(directory: TempDirectory, { htpasswd, tls }: RealRegistryOptions): unknown {
  return {
    version: "0.1",
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: directory.at("storage") } },
    http: { addr: "127.0.0.1:0", ...(tls === true && { tls: makeCertificate(directory) }) },
    ...(htpasswd !== undefined && { auth: { htpasswd: { realm: "test", path: directory.at("htpasswd") } } }),
  };
}

function makeCertificate({ path: cwd }: TempDirectory): unknown {
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"];
  const args = ["req", "-x509", "-days", "2", ...key, "-out", "cert.pem", ...subject];
  if (spawnSync("openssl", args, { cwd }).status !== 0) throw new Error("openssl made no certificate");
  return { certificate: path.join(cwd, "cert.pem"), key: path.join(cwd, "key.pem") };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let log = "";
  const hear = (text: string) => {
    log += text;
    const port = /listening on 127\.0\.0\.1:(?<port>\d+)/u.exec(log)?.groups?.port;
    if (port !== undefined) resolve(Number(port));
  };
  child.stdout?.setEncoding("utf8").on("data", hear);
  child.stderr?.setEncoding("utf8").on("data", hear);
  child.once("exit", () => reject(new Error(`the registry ended: ${log}`)));
  const timer = setTimeout(
    () => reject(new Error(`the registry does not listen: ${log}`)),
    START_DEADLINE_MS,
  );
  try {
    return await promise;
  } catch (cause) {
    child.kill("SIGKILL");
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}
