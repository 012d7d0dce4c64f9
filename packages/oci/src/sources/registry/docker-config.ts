import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { type ImageReference, MiB, messageOf } from "@pratique/core";
import { OciError } from "../../errors.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import type { CredentialStore, RegistryCredentials } from "./credentials.ts";

const MAX_CONFIG_BYTES = MiB;
/** The key under which Docker keeps what belongs to docker.io. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

export interface DockerConfigOptions {
  /** The directory of `config.json`: `$DOCKER_CONFIG`, else `~/.docker`. */
  readonly directory: string;
  /** For the credential helpers, which look for their own configuration: at least `PATH` and `HOME`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly helperTimeoutMs?: number;
}

/** The parts of config.json that say where credentials are. */
interface DockerConfig {
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore: string;
}

/**
 * Credentials as `docker login` left them: in `auths`, or behind the helper that `credHelpers` names for the
 * registry or `credsStore` for all. The file is read anew each time, since logins come and go.
 */
export function dockerConfigCredentials(options: DockerConfigOptions): CredentialStore {
  return {
    async lookUp(reference, signal) {
      const config = await readConfig(path.join(options.directory, "config.json"));
      if (config === undefined) return undefined;
      const helper = helperFor(config, reference.registry);
      if (helper !== undefined) {
        const credentials = await askCredentialHelper(helper, helperKey(reference.registry), {
          environment: options.environment,
          signal,
          ...(options.helperTimeoutMs !== undefined && { timeoutMs: options.helperTimeoutMs }),
        });
        if (credentials !== undefined) return credentials;
      }
      return storedCredentials(config.auths, reference);
    },
  };
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CONFIG_BYTES) throw new Error(`it is longer than ${MAX_CONFIG_BYTES} bytes`);
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return {
      auths: recordAt(value, "auths"),
      credHelpers: recordAt(value, "credHelpers"),
      credsStore: textAt(value, "credsStore"),
    };
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new OciError(
      "CREDENTIALS_UNREADABLE",
      `cannot read credentials from ${JSON.stringify(file)}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function helperFor({ credHelpers, credsStore }: DockerConfig, registry: string): string | undefined {
  const own = textAt(credHelpers, registry) || textAt(credHelpers, helperKey(registry));
  return own || credsStore || undefined;
}

function helperKey(registry: string): string {
  return DOCKER_HUB_HOSTS.has(registry) ? DOCKER_HUB_KEY : registry;
}

/** The entry whose key is the longest part of the repository's name: Podman keeps logins below a host. */
function storedCredentials(
  auths: Readonly<Record<string, unknown>>,
  { registry, repository }: ImageReference,
): RegistryCredentials | undefined {
  const parts = repository.split("/");
  for (let length = parts.length; length >= 0; length -= 1) {
    const wanted = [registry, ...parts.slice(0, length)].join("/");
    for (const [key, entry] of Object.entries(auths)) {
      if (normaliseKey(key) !== wanted) continue;
      const credentials = readEntry(entry);
      if (credentials !== undefined) return credentials;
    }
  }
  return undefined;
}

/** Keys are hosts, hosts with a path, or URLs as old Dockers wrote them: `https://index.docker.io/v1/`. */
function normaliseKey(key: string): string {
  const [host = "", ...rest] = key
    .replace(/^https?:\/\//u, "")
    .replace(/\/v[12]\/?$/u, "")
    .replace(/\/$/u, "")
    .split("/");
  return [DOCKER_HUB_HOSTS.has(host) ? "docker.io" : host, ...rest].join("/");
}

function readEntry(entry: unknown): RegistryCredentials | undefined {
  const identityToken = textAt(entry, "identitytoken");
  if (identityToken !== "") return { kind: "identity-token", token: identityToken };
  const registryToken = textAt(entry, "registrytoken");
  if (registryToken !== "") return { kind: "bearer-token", token: registryToken };
  const decoded = Buffer.from(textAt(entry, "auth"), "base64")
    .toString("utf8")
    .replace(/(?<!\0)\0+$/u, "");
  const colon = decoded.indexOf(":");
  if (colon > 0) {
    return { kind: "password", username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  }
  const [username, password] = [textAt(entry, "username"), textAt(entry, "password")];
  return username === "" ? undefined : { kind: "password", username, password };
}

function recordAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const member = memberOf(value, name);
  return isRecord(member) ? member : {};
}

function textAt(value: unknown, name: string): string {
  const member = memberOf(value, name);
  return typeof member === "string" ? member : "";
}

function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
