import { PratiqueError } from "@pratique/core";

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
  AGENT_UNREACHABLE: "start it with pratique up",
  ARCHIVE_UNREADABLE: "check that the file is complete and was not changed",
  CONFIG_INVALID: "see docs/reference/configuration.md",
  DATABASE_CORRUPT: "build it anew with pratique advisories update",
  DATABASE_MISSING: "make one with pratique advisories update",
  DISK_FULL: "free some space and try again; nothing was lost",
  ENGINE_NOT_FOUND: "name the engine's socket with --engine",
  ENGINE_UNREACHABLE: "start the engine, or name its socket with --engine",
  ENGINE_START_FAILED: "see the file dockerd.log in the data directory, or start an engine yourself",
  GATE_NOT_INSTALLED: "install it with pratique gate install",
  GATE_UNAVAILABLE: "start it with pratique up",
  IMAGE_AMBIGUOUS: "name the one you mean",
  IMAGE_NOT_FOUND: "check the name, or pull the image first",
  LOG_MISSING: "it begins with the first pratique up; name another place with --data",
  NEEDS_ROOT: "run it with sudo",
  PLATFORM_NOT_FOUND: "choose one with --platform",
  PORT_IN_USE: "choose another with --listen ADDRESS:PORT",
  REFERENCE_MALFORMED:
    "an image is named like nginx:1.27 or docker-archive:FILE; see pratique image scan --help",
  SOCKET_IN_USE: "another pratique up is running; stop it, or use another --run directory",
  SOURCE_UNAVAILABLE:
    "name where the image is: docker:, registry:, docker-archive:, oci-archive:, oci-dir: or dir:",
  TIMED_OUT: "try again; the other side does not answer",
  UNREACHABLE: "check the network, or work from files with --from",
  USAGE: "see --help",
};

/** The one line for a person, and what the process ends with. Undefined for a defect of ours. */
export function describeFailure(
  thrown: unknown,
): { readonly line: string; readonly exitCode: ExitCode } | undefined {
  if (!(thrown instanceof PratiqueError)) return undefined;
  const hint = hints[thrown.code];
  const message = thrown.message.replaceAll(/\s*\n\s*/gu, " ");
  return { line: hint === undefined ? message : `${message}; ${hint}`, exitCode: exitCodes.failed };
}
