import { PratiqueError } from "@pratique/core";
import { printable } from "@pratique/report";
import { CliError } from "./errors.ts";
import { inPlainWords, isDenied, isDiskFull, isSystemError, systemHint } from "./system-words.ts";

/** What the process ends with; `docs/reference/errors.md` and every `--help` say the same. */
export const exitCodes = {
  /** Assessed, and within what was asked. */
  fine: 0,
  /** Could not run. */
  failed: 1,
  /** Findings at or over the limit, or a verdict of deny. */
  refused: 2,
  /** Could not be fully assessed. */
  unassessed: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What to do about an error, by its code; libraries say what happened, this says how to mend it. */
const hints: Readonly<Record<string, string>> = {
  ACCESS_DENIED: "check user name and password, or sign in with docker login",
  ALLOW_MALFORMED: "mend intel.allow in pratique.yaml",
  ARCHIVE_MALFORMED: "check that the file is complete and was not changed",
  ARCHIVE_TRUNCATED: "check that the file is complete and was not changed",
  ATTACK_UNKNOWN: "see pratique selftest --list",
  ATTACKS_MISSING: "build it anew with npm run build, where there is a C compiler",
  BACKUP_MALFORMED: "take another backup; nothing was stored",
  BUILD_FAILED: "try again; the database before holds",
  BUILD_LOCKED: "wait for the other build, or end it",
  COMPRESSION_DAMAGED: "check that the file is complete and was not changed",
  CONFIG_INVALID: "see docs/reference/configuration.md",
  CREDENTIALS_UNREADABLE: "mend Docker's configuration, or give --username and --password",
  DATABASE_CORRUPT: "build it anew with pratique advisories update",
  DATABASE_MISSING: "build one with pratique advisories update, or advisories build --from",
  DIGEST_MALFORMED: "a digest is sha256: and 64 hexadecimal digits",
  DIGEST_MISMATCH: "do not use this image; fetch it again",
  DISK_FULL: "free some space and try again; nothing was lost",
  ENGINE_ADDRESS_MALFORMED: "write it like unix:///var/run/docker.sock",
  ENGINE_MALFORMED: "check that a Docker Engine listens there, or name its socket with --engine",
  ENGINE_NOT_FOUND: "name the engine's socket with --engine",
  ENGINE_START_FAILED: "see the file dockerd.log in the data directory, or start an engine yourself",
  ENGINE_UNREACHABLE: "start the engine, or name its socket with --engine",
  ENTRY_DAMAGED: "check that the file is complete and was not changed",
  FEED_DAMAGED: "check the location, and that it fits the kind of feed",
  FEED_EMPTY: "check the location, and that it fits the kind of feed",
  FEED_TOO_LARGE: "check the location, and that it fits the kind of feed",
  FEED_UNKNOWN: "see pratique intel update --help",
  FEED_UNREACHABLE: "check the network, or read the feed from a file",
  FEED_UNREADABLE: "check the path and the rights to it",
  FEEDS_MISSING: "name one with --from FEED:PATH_OR_URL, or in intel.feeds of pratique.yaml",
  GATE_INSTALLED_ELSEWHERE: "take it away there first: pratique gate uninstall",
  GATE_INSTALL_UNREADABLE: "see docs/reference/errors.md",
  GATE_NOT_INSTALLED: "install it with pratique gate install",
  GATE_ON_COMMAND_LINE: "start the engine without it; one of our own asks the gate for as long as it runs",
  GATE_START_FAILED: "see gate/gate.log in the data directory",
  GATE_UNAVAILABLE: "start it with pratique up",
  IDENTITY_EXISTS: "--force replaces its identity",
  IDENTITY_UNREADABLE: "join again with --force",
  IGNORE_FILE_MALFORMED: "mend it, or leave it out: a rule that is misread would hide what it must not",
  IMAGE_AMBIGUOUS: "name the one you mean in full; of a file after it, as in docker-archive:FILE:NAME",
  IMAGE_MALFORMED: "check that the image is complete and was not changed",
  IMAGE_NOT_FOUND: "check the name, or pull the image first",
  IMAGE_UNREADABLE: "check that the image is complete and was not changed",
  INTERRUPTED: "try again; the other side broke off",
  JOIN_REFUSED: "get a new token with pratique server join-token, for a host of this name",
  KEY_FILE_EXPOSED: "chmod 0400 it, and think of the key as known to whoever could read it",
  KEY_FILE_MALFORMED: "put the key file back from where you keep it",
  KEY_PROVIDER_UNAVAILABLE: "put the key back: without it nothing that is sealed opens",
  KEY_WRONG: "name the key that was in force then; see docs/howto/encryption.md",
  LAYER_UNSUPPORTED: "build the image with gzip or zstd layers",
  LIMIT_REACHED: "distrust it: an honest one rarely comes near",
  LOG_CORRUPT: "keep the files, and see what pratique audit verify finds",
  LOG_MISSING: "it begins with the first pratique up; name another place with --data",
  LOG_UNWRITABLE: "check the rights to the data directory, or name another with --data",
  MANIFEST_UNSUPPORTED: "push the image anew with a current tool",
  MIRROR_DAMAGED: "try again, or another mirror; the database before holds",
  MIRROR_EXPIRED: "ask whoever runs the mirror, or name another; the database before holds",
  MIRROR_KEY_MALFORMED: "make one with openssl genpkey -algorithm ed25519; see docs/howto/run-a-mirror.md",
  MIRROR_MALFORMED: "check the location; a newer mirror needs a newer pratique",
  MIRROR_MISSING: "check the location",
  MIRROR_ROLLBACK: "do not go on with this mirror before you know why; the database before holds",
  MIRROR_UNREACHABLE: "check the network, or name another mirror",
  MIRROR_UNTRUSTED: "check the key; do not go on if it is right",
  MIRROR_UNWRITABLE: "check the place and the rights to it",
  NAMESPACE_MISSING: "name what you mean behind the registry, as in docker.io/acme",
  NEEDS_ROOT: "run it with sudo",
  OUTPUT_UNWRITABLE: "name a file in a directory that is there and can be written",
  PAST_UNREADABLE: "run it with sudo, and check the disk",
  PLATFORM_MALFORMED: "write it like linux/arm64 or linux/arm/v7",
  PLATFORM_NOT_FOUND: "choose one with --platform",
  POLICY_INVALID: "pratique policy lint names every error",
  PORT_IN_USE: "choose another with --listen ADDRESS:PORT",
  PROVIDER_UNKNOWN: "see pratique advisories build --help",
  PURL_MALFORMED: "write it like pkg:deb/debian/bash@5.2.15-2?distro=debian-12",
  RATE_LIMITED: "wait, or sign in with docker login",
  RECORDING_MALFORMED: "make one with pratique runtime record",
  REFERENCE_MALFORMED:
    "an image is named like nginx:1.27 or docker-archive:FILE; see pratique image scan --help",
  REGISTRY_MALFORMED: "check the name of the registry",
  REPORT_UNREADABLE: "name a file that pratique image scan --format json wrote",
  RESPONSE_POLICY: "mend responses.yaml in the data directory",
  RULES_INVALID: "pratique rules check FILE says what is wrong",
  RUNTIME_REFUSED: "see --help; pratique runtime top names containers",
  RUNTIME_UNAVAILABLE: "start the agent as root; see pratique doctor",
  SBOM_MALFORMED: "check that the file is complete and was not changed",
  SBOM_TOO_LARGE: "scan the image itself",
  SBOM_UNKNOWN: "have it written as CycloneDX (JSON, XML) or SPDX 2 (JSON, tag-value)",
  SERVER_UNREACHABLE: "check the address and the network, and that the server listens for agents",
  SERVER_UNTRUSTED: "check the address and the token; do not go on if both are right",
  SET_CORRUPT: "build it anew with pratique intel update",
  SET_MISSING: "build one with pratique intel update --from FEED:PATH_OR_URL",
  SEVERITY_UNKNOWN: "choose one of these",
  SOCKET_IN_USE: "another pratique up is running; stop it, or use another --run directory",
  SOURCE_DAMAGED: "fetch the feed again",
  SOURCE_EMPTY: "check the location, and that it fits the provider",
  SOURCE_TOO_LARGE: "check the location, and that it fits the provider",
  SOURCE_UNAVAILABLE:
    "name where the image is, as with docker:, podman:, registry: or docker-archive:; see pratique image scan --help",
  SOURCE_UNREACHABLE: "check the network, or build from files with pratique advisories build --from",
  SOURCE_UNREADABLE: "check the path and the rights to it",
  SOURCES_MISSING: "name one with --from PROVIDER:LOCATION; see pratique advisories build --help",
  SEAL_TAMPERED: "do not use it; find out who could write there",
  STORE_DAMAGED: "check the disk, and whether the engine itself still reads its images",
  STORE_FULL: "free some space and try again; nothing was lost",
  STORE_NOT_EMPTY: "restore into another data directory, or another database",
  TEMPLATE_INVALID: "mend the template; see docs/reference/formats.md",
  TEMPLATE_UNREADABLE: "check the path and the rights to it",
  TIMED_OUT: "try again; the other side does not answer",
  TLS_FAILED: "check the address and the clock; --insecure-registry HOST is for trusted networks only",
  TOKEN_MALFORMED: "get one with pratique server join-token",
  UNAUTHORIZED: "sign in with docker login, or give --username and --password",
  UNREACHABLE: "check the network, or work from files with --from",
  UPDATE_FAILED: "try again; the set before holds",
  UPDATE_LOCKED: "wait for the other update, or end it",
  USAGE: "see --help",
  VEX_MALFORMED: "check that the file is complete; CycloneDX is read in JSON here",
  VEX_UNKNOWN: "name a document in one of these forms",
  WARNING_LIST_MALFORMED: "check the location: without the list, what it protects would be blocked",
};

/** The codes of what was called off, because the user ended the command or a deadline passed. */
const CALLED_OFF: ReadonlySet<string> = new Set(["ABORTED", "BUILD_ABORTED", "UPDATE_ABORTED"]);

export interface Failure {
  /** Without a line break. */
  readonly line: string;
  readonly exitCode: ExitCode;
}

/** The one line for a person, and what the process ends with. Undefined for a defect of ours. */
export function describeFailure(
  thrown: unknown,
  { interrupted = false }: { readonly interrupted?: boolean } = {},
): Failure | undefined {
  const known = thrown instanceof PratiqueError;
  if (interrupted && (!known || CALLED_OFF.has(thrown.code))) {
    return { line: "interrupted; nothing was lost", exitCode: exitCodes.failed };
  }
  if (!known && !isSystemError(thrown)) return undefined;
  const message = printable(onOneLine(inPlainWords(thrown.message)));
  const hint = known ? hintOf(thrown) : systemHint(thrown);
  return { line: hint === undefined ? message : `${message}; ${hint}`, exitCode: exitCodes.failed };
}

function onOneLine(message: string): string {
  return message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

/** Codes whose advice is for who may reach what it is about: to start it, or to make it anew, helps nobody else. */
const REACHABLE: ReadonlySet<string> = new Set([
  "ENGINE_UNREACHABLE",
  "GATE_INSTALL_UNREADABLE",
  "GATE_UNAVAILABLE",
  "IDENTITY_UNREADABLE",
  "PART_FAILED",
  "RUNTIME_UNAVAILABLE",
]);

function hintOf(error: PratiqueError): string | undefined {
  const system = systemHint(error);
  if (REACHABLE.has(error.code) && isDenied(error)) return system;
  if (error instanceof CliError && error.hint !== undefined) return error.hint;
  // A full disk is the same trouble whoever meets it.
  return isDiskFull(error) ? system : (hints[error.code] ?? system);
}
