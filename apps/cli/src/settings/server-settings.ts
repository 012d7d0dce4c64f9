import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "@pratique/core";
import type { KeySettings, ServerOptions } from "@pratique/server";
import { CliError } from "../errors.ts";
import type { ConfigFile } from "./config.ts";

/** What the server is started with besides where it listens. Files that are named are read when they are asked for. */
export interface ServerSettings {
  readonly publicUrl: string | undefined;
  /** Further names by which browsers call. */
  readonly names: readonly string[];
  /** Reads the certificate that the console shows, and its key; undefined where the server makes its own. */
  readonly tls: (() => { readonly cert: string; readonly key: string }) | undefined;
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** The PostgreSQL that servers share; undefined where the server has a file of its own. */
  readonly database: () => string | undefined;
  /** What carries the records of hosts to the store. */
  readonly bus: NonNullable<ServerOptions["bus"]>;
  /** Undefined where the key lies in its usual file. */
  readonly keys: (directory: string) => ServerOptions["keys"];
  /** The key that signs the server's log; undefined where the server has one of its own. */
  readonly auditKeyFile: string | undefined;
  /** Who cosigns the server's log. */
  readonly witnesses: NonNullable<ServerOptions["witnesses"]>;
  /** How registries are scanned by a server or worker. */
  readonly registries: {
    /** Images at once. */
    readonly workers: number;
    /** What the heap of each process that reads images may take. */
    readonly memoryMiB: number;
    /** What the indexes of layers that a PostgreSQL keeps for all may take; 0 where none are kept there. */
    readonly sharedLayersMiB: number;
  };
  /** Where traces go; undefined where they go nowhere. */
  readonly otlpEndpoint: string | undefined;
  /** Where channels and identity providers may be; undefined for the open Internet. */
  readonly outbound: () => {
    readonly addresses?: { readonly allow: readonly string[] };
    readonly certificates?: readonly string[];
  };
}

type Encryption = NonNullable<ConfigFile["encryption"]>;
type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_REGISTRY_WORKERS = 2;
const DEFAULT_SCAN_MEMORY_MIB = 1024;
const DEFAULT_SHARED_LAYERS_MIB = 4096;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu;

/** What `pratique.yaml` and the variables say of the server. */
export function serverSettingsOf(config: ConfigFile, environment: Environment): ServerSettings {
  const { audit, bus, database, encryption, outbound, publicUrl, telemetry, trustedProxies = [] } = config;
  const { names = [], tls } = config;
  return {
    publicUrl: publicUrl?.replace(/(?<!\/)\/+$/u, ""),
    names,
    tls: tls && (() => identityIn(tls)),
    trustedProxies,
    database: () =>
      database?.urlFile === undefined ? database?.url : readText("database.urlFile", database.urlFile).trim(),
    bus: busOf(bus?.nats),
    keys: (directory) => {
      if (encryption === undefined) return undefined;
      const { former, ...current } = encryption;
      const place = { directory, environment };
      return {
        current: keyOf("encryption", current, place),
        ...(former !== undefined && { former: [keyOf("encryption.former", former, place)] }),
      };
    },
    auditKeyFile: audit?.keyFile && path.resolve(audit.keyFile),
    witnesses: (audit?.witnesses ?? []).map(witnessOf),
    registries: {
      workers: config.registries?.workers ?? DEFAULT_REGISTRY_WORKERS,
      memoryMiB: config.registries?.scanMemoryMiB ?? DEFAULT_SCAN_MEMORY_MIB,
      sharedLayersMiB: config.registries?.sharedLayersMiB ?? DEFAULT_SHARED_LAYERS_MIB,
    },
    otlpEndpoint: telemetry?.otlpEndpoint,
    outbound: () => ({
      ...(outbound?.allow !== undefined && { addresses: { allow: outbound.allow } }),
      ...(outbound?.certificates !== undefined && {
        certificates: readText("outbound.certificates", outbound.certificates).match(CERTIFICATE) ?? [],
      }),
    }),
  };
}

/** Members that are not said are absent, and not undefined. */
function busOf(nats: NonNullable<ConfigFile["bus"]>["nats"]): NonNullable<ServerOptions["bus"]> {
  if (nats === undefined) return {};
  const { servers, tls = {}, credentialsFile, stream, replicas, maxBytes } = nats;
  const { caFile, certificateFile, keyFile } = tls;
  return {
    nats: {
      servers,
      ...(nats.tls !== undefined && {
        tls: {
          ...(caFile !== undefined && { caFile }),
          ...(certificateFile !== undefined && { certificateFile }),
          ...(keyFile !== undefined && { keyFile }),
        },
      }),
      ...(credentialsFile !== undefined && { credentialsFile }),
      ...(stream !== undefined && { stream }),
      ...(replicas !== undefined && { replicas }),
      ...(maxBytes !== undefined && { maxBytes }),
    },
  };
}

/** `URL#KEY`. */
function witnessOf(text: string): { readonly url: string; readonly key: string } {
  const at = text.indexOf("#");
  return { url: text.slice(0, at), key: text.slice(at + 1) };
}

function keyOf(
  name: string,
  { provider = "file", file, credential, keyId, wrap, unwrap }: Omit<Encryption, "former">,
  { directory, environment }: { readonly directory: string; readonly environment: Environment },
): KeySettings {
  switch (provider) {
    case "file":
      return { kind: "file", file: path.resolve(file ?? path.join(directory, "keys", "kek")) };
    case "passphrase": {
      const passphraseFile = credential === undefined ? file : credentialFile(name, credential, environment);
      if (passphraseFile === undefined) throw missing(name, "file or credential");
      const parametersFile = path.join(directory, "keys", "passphrase.json");
      return { kind: "passphrase", passphraseFile: path.resolve(passphraseFile), parametersFile };
    }
    case "command": {
      if (keyId === undefined || wrap === undefined || unwrap === undefined) {
        throw missing(name, "keyId, wrap and unwrap");
      }
      // Clients of key services find their settings by these.
      const passed = Object.entries(environment).flatMap(([key, value]) =>
        value !== undefined && isForClients(key) ? [[key, value] as const] : [],
      );
      return { kind: "command", keyId, wrap, unwrap, environment: Object.fromEntries(passed) };
    }
  }
}

function isForClients(name: string): boolean {
  return name === "PATH" || name === "HOME" || /^(?:AWS|GOOGLE|CLOUDSDK|AZURE|VAULT|BAO)_/u.test(name);
}

/** The service manager says in a variable where it has put what it hands over. */
function credentialFile(
  name: string,
  credential: string,
  { CREDENTIALS_DIRECTORY: directory }: Environment,
): string {
  if (directory) return path.join(directory, credential);
  throw new CliError("CONFIG_INVALID", `${name}.credential: no credentials were handed over`, {
    hint: "LoadCredential= in the unit hands them over; encryption.file names a file instead",
  });
}

/** The files as they are now: they are renewed while the server runs. */
function identityIn({ certificateFile, keyFile }: NonNullable<ConfigFile["tls"]>) {
  const cert = readText("tls.certificateFile", certificateFile);
  const key = readText("tls.keyFile", keyFile);
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new CliError("CONFIG_INVALID", `tls: ${messageOf(cause)}`, { cause });
  }
  if (!fits) throw new CliError("CONFIG_INVALID", "tls: the key is not that of the certificate");
  return { cert, key };
}

function readText(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CliError("CONFIG_INVALID", `${name}: ${messageOf(cause)}`, { cause });
  }
}

function missing(name: string, members: string): CliError {
  return new CliError("CONFIG_INVALID", `${name}: ${members} must be said for this provider`);
}
