/** What the system's error codes mean to somebody who does not know them. */
const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "this host does not have the address",
  EAI_AGAIN: "the name does not resolve",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  EDQUOT: "the disk quota is used up",
  EHOSTUNREACH: "the host cannot be reached",
  EISDIR: "it is a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ENETUNREACH: "the network cannot be reached",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a part of the path is no directory",
  ENOTFOUND: "the name does not resolve",
  ENOTSOCK: "it is no socket",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ETIMEDOUT: "no answer in time",
};

/** What to do about the system's error codes, where no better advice is known. */
const hints: Readonly<Record<string, string>> = {
  EACCES: "check the rights to it, or run it with sudo",
  EDQUOT: "free some space and try again; nothing was lost",
  EISDIR: "check the path",
  ENOENT: "check the path",
  ENOSPC: "free some space and try again; nothing was lost",
  ENOTDIR: "check the path",
  EPERM: "check the rights to it, or run it with sudo",
  EROFS: "name a place that can be written",
};

const FILE_ERROR = /\b(?<code>E[A-Z0-9]{2,}): [^,;:]+, [a-z]+(?: '(?<path>.*?)'(?: -> '.*?')?(?=$|[;,)]))?/gu;
const CONNECT_ERROR = /\b(?:connect|listen|getaddrinfo|read|write) (?<code>E[A-Z_]{2,})(?: [^\s;,)]+)?/gu;

/**
 * Says in plain words what Node says with codes and system calls: `ENOENT: no such file or directory, open '/a'`
 * becomes `"/a": no such file or directory`, without the path where the message names it anyway.
 */
export function inPlainWords(message: string): string {
  return message
    .replaceAll(FILE_ERROR, (whole: string, ...rest: unknown[]) => {
      const { code = "", path } = groupsOf(rest);
      const said = words[code] ?? whole.slice(code.length + 2, whole.indexOf(","));
      const elsewhere = path === undefined || message.replace(whole, "").includes(path);
      return elsewhere ? said : `${JSON.stringify(path)}: ${said}`;
    })
    .replaceAll(CONNECT_ERROR, (whole: string, ...rest: unknown[]) => {
      const { code = "" } = groupsOf(rest);
      return words[code] ?? whole;
    });
}

/** What to do about an error of the system that is somewhere among the causes. */
export function systemHint(thrown: unknown): string | undefined {
  return codesOf(thrown)
    .map((code) => hints[code])
    .find((hint) => hint !== undefined);
}

/** Whether a disk without room is somewhere among the causes. */
export function isDiskFull(thrown: unknown): boolean {
  return codesOf(thrown).some((code) => code === "ENOSPC" || code === "EDQUOT");
}

/** Whether the system refused something, as against a defect of ours. */
export function isSystemError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && "syscall" in thrown && codeOf(thrown) !== undefined;
}

/** Whether this user may not do it. */
export function isDenied(thrown: unknown): boolean {
  return codesOf(thrown).some((code) => code === "EACCES" || code === "EPERM");
}

const MAX_CAUSES = 8;

/** The codes of an error and its causes, outermost first. */
function codesOf(thrown: unknown): readonly string[] {
  const codes: string[] = [];
  for (let at = thrown, depth = 0; at instanceof Error && depth < MAX_CAUSES; at = at.cause, depth += 1) {
    const code = codeOf(at);
    if (code !== undefined) codes.push(code);
  }
  return codes;
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function groupsOf(rest: readonly unknown[]): Readonly<Record<string, string | undefined>> {
  const groups = rest.at(-1);
  if (typeof groups !== "object" || groups === null) return {};
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, typeof value === "string" ? value : undefined]),
  );
}
