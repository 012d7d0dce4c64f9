import { splitPatterns } from "./scope-words.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;

/** An exception, as it is typed. */
export interface ExceptionDraft {
  readonly rules: string;
  readonly images: string;
  readonly digests: string;
  readonly vulnerabilities: string;
  readonly secrets: string;
  /** One on each line: a package's own words may have commas. */
  readonly licenses: string;
  readonly hosts: string;
  readonly reason: string;
  readonly owner: string;
  /** `2027-01-31`: it ends when this day ends, UTC. */
  readonly lastDay: string;
}

/** What the server is asked for. */
export interface ExceptionRequest {
  readonly rules: readonly string[];
  readonly scope: Readonly<
    Partial<
      Record<"images" | "digests" | "vulnerabilities" | "secrets" | "licenses" | "hosts", readonly string[]>
    >
  >;
  readonly reason: string;
  readonly owner: string;
  readonly expiresAt: string;
}

/** A draft with what is known beforehand, for a week. */
export function newException(known: Partial<ExceptionDraft>, nowMs: number): ExceptionDraft {
  return {
    rules: "",
    images: "",
    digests: "",
    vulnerabilities: "",
    secrets: "",
    licenses: "",
    hosts: "",
    reason: "",
    owner: "",
    lastDay: new Date(nowMs + DEFAULT_DAYS * DAY_MS).toISOString().slice(0, 10),
    ...known,
  };
}

/** What is still missing before a draft can be sent; empty where nothing is. */
export function missingIn(draft: ExceptionDraft, nowMs: number): readonly string[] {
  const { rules, scope, reason, owner, expiresAt } = requestOf(draft);
  return [
    rules.length === 0 && "at least one rule",
    Object.keys(scope).length === 0 &&
      "an image, a digest, a vulnerability, a secret, a license or a host that it holds for",
    reason === "" && "a reason",
    owner === "" && "an owner",
    !(Date.parse(expiresAt) > nowMs) && "an end that lies ahead",
  ].filter((missing) => missing !== false);
}

/** The request that was typed. */
export function requestOf(draft: ExceptionDraft): ExceptionRequest {
  const images = splitPatterns(draft.images);
  const digests = splitPatterns(draft.digests);
  const vulnerabilities = splitPatterns(draft.vulnerabilities);
  const secrets = splitPatterns(draft.secrets);
  const licenses = splitLines(draft.licenses);
  const hosts = splitPatterns(draft.hosts);
  return {
    rules: splitPatterns(draft.rules),
    scope: {
      ...(images.length > 0 && { images }),
      ...(digests.length > 0 && { digests }),
      ...(vulnerabilities.length > 0 && { vulnerabilities }),
      ...(secrets.length > 0 && { secrets }),
      ...(licenses.length > 0 && { licenses }),
      ...(hosts.length > 0 && { hosts }),
    },
    reason: draft.reason.trim(),
    owner: draft.owner.trim(),
    expiresAt: /^\d{4}-\d{2}-\d{2}$/u.test(draft.lastDay) ? `${draft.lastDay}T23:59:59.000Z` : "",
  };
}

/** What an exception lets pass, in a sentence. */
export function exceptionWords({ rules, scope }: Pick<ExceptionRequest, "rules" | "scope">): string {
  const { images, digests, vulnerabilities = [], secrets = [], licenses = [], hosts } = scope;
  const named = [
    ...vulnerabilities,
    ...secrets.map((secret) => `the secret ${secret}`),
    ...licenses.map((license) => `the license ${license}`),
  ];
  const what = named.length === 0 ? "" : ` by ${list(named)}`;
  const content = digests === undefined ? "" : ` with exactly the content ${list(digests.map(shortened))}`;
  const subject = images === undefined ? `Any image${content}` : `The image ${list(images)}${content}`;
  const where = hosts === undefined ? "on any host" : `on the hosts ${list(hosts)}`;
  return `${subject} may break ${list(rules)}${what}, ${where}.`;
}

function splitLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function shortened(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}

function list(values: readonly string[]): string {
  if (values.length < 2) return values[0] ?? "nothing";
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
