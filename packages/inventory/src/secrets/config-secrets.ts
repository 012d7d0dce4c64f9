import type { ImageConfig, Secret } from "@pratique/core";
import type { FoundSecret } from "./found-secret.ts";
import { isPlaceholder } from "./randomness.ts";
import { fingerprintOf, redact } from "./redact.ts";
import { type PlacedSecret, TextScan } from "./text-scan.ts";

/** Steps and variables that are looked at; a configuration is some MiB long at the most. */
const MAX_TEXTS = 10_000;
const MAX_ASSIGNMENTS = 1000;
/** It goes by names as well, and cannot tell them. */
const WEAKEST = "password-assignment";

/** The configuration without its secrets, and what they were. */
export interface ConfigSecrets {
  readonly config: ImageConfig | undefined;
  readonly secrets: readonly Secret[];
}

/**
 * Looks through what an image says of itself: its environment, its labels, what it runs, and the steps that made it. Where
 * `ARG` and `ENV` were given a password, it is in here for good.
 */
export function findConfigSecrets(
  config: ImageConfig | undefined,
  history: readonly string[] = [],
): ConfigSecrets {
  const steps = history.slice(0, MAX_TEXTS).flatMap((step, index) => inStep(step, index + 1));
  if (config === undefined) return { config, secrets: steps };
  const environment = config.environment
    .slice(0, MAX_TEXTS)
    .flatMap((text, index) => inVariable(text, index + 1));
  return { config: withoutSecrets(config), secrets: [...steps, ...environment] };
}

function inStep(step: string, line: number): readonly Secret[] {
  const bytes = Buffer.from(step);
  const { sure, unsure } = scan(bytes, `history ${line}`);
  const variables = assignmentsIn(bytes.toString("latin1"))
    .filter(({ offset, bytes: length }) => !sure.some((found) => overlap(found, { offset, bytes: length })))
    .flatMap(({ name, value, ...place }) =>
      judgeVariable(name, value).map((secret) => ({ secret, ...place })),
    );
  const settings = unsure.filter((found) => !variables.some((variable) => overlap(found, variable)));
  return [...sure, ...variables, ...settings].map(({ secret }) => secretOf(secret, "history", line));
}

function inVariable(text: string, line: number): readonly Secret[] {
  const [name = "", ...value] = text.split("=");
  const { sure, unsure } = scan(Buffer.from(text), `environment ${name}`);
  const found = [
    sure.map(({ secret }) => secret),
    judgeVariable(name, value.join("=")),
    unsure.map(({ secret }) => secret),
  ];
  const first = found.find((secrets) => secrets.length > 0) ?? [];
  return first.map((secret) => secretOf(secret, "environment", line));
}

function secretOf(found: FoundSecret, where: Secret["where"], line: number): Secret {
  return { ...found, where, line };
}

/** Whose word counts for more than a variable's name, and for less. */
interface Scanned {
  readonly sure: readonly PlacedSecret[];
  readonly unsure: readonly PlacedSecret[];
}

function scan(bytes: Buffer, place: string): Scanned {
  if (bytes.length === 0) return { sure: [], unsure: [] };
  const textScan = new TextScan({ path: undefined, size: bytes.length, place });
  textScan.write(bytes);
  const { placed } = textScan.finish();
  return {
    sure: placed.filter(({ secret }) => secret.rule !== WEAKEST),
    unsure: placed.filter(({ secret }) => secret.rule === WEAKEST),
  };
}

interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Where the value lies. */
  readonly offset: number;
  readonly bytes: number;
}

/** `NAME=value`, as `ENV`, `ARG` and the shell write it. */
const ASSIGNMENT =
  /(?<![A-Za-z0-9_.-])(?<name>[A-Za-z_][A-Za-z0-9_]{2,63})=(?:"(?<double>[^"]{1,200})"|'(?<single>[^']{1,200})'|(?<bare>[^\s"'&|;<>]{1,200}))/dgu;

function assignmentsIn(text: string): readonly Assignment[] {
  const found: Assignment[] = [];
  for (const { groups = {}, indices } of text.matchAll(ASSIGNMENT)) {
    const kind = ["double", "single", "bare"].find((key) => groups[key] !== undefined) ?? "bare";
    const [start, end] = indices?.groups?.[kind] ?? [0, 0];
    found.push({ name: groups.name ?? "", value: groups[kind] ?? "", offset: start, bytes: end - start });
    if (found.length >= MAX_ASSIGNMENTS) break;
  }
  return found;
}

const SECRET_NAME =
  /(?:^|_)(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRETS?|TOKEN|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|CREDENTIALS?|AUTH_?KEY)(?:_(?:BASE64|B64|PROD|PRODUCTION|LIVE|[0-9]))?$|PASSWORD$|SECRET$|[A-Z]TOKEN$/iu;
/** The shell's own, and what tells where something is rather than what it is. */
const OTHER_NAME =
  /^(?:PWD|OLDPWD)$|(?:_FILE|_PATH|_URL|_URI|_DIR|_ID|_NAME|_TTL|_LENGTH|_MIN|_MAX|PUBLIC_?KEY)$|ALLOW|PUBLIC/iu;
const MIN_VALUE = 4;

/** What a variable's name calls a secret, and whose value does not say otherwise. */
function judgeVariable(name: string, value: string): readonly FoundSecret[] {
  const isOne =
    SECRET_NAME.test(name) &&
    !OTHER_NAME.test(name) &&
    value.length >= MIN_VALUE &&
    !isPlaceholder(value) &&
    !/^(?:\/|\.{1,2}\/|~|[a-z]{2,8}:\/\/)/iu.test(value);
  if (!isOne) return [];
  return [
    {
      rule: "secret-variable",
      title: `Variable that is called a secret: ${name}`,
      category: "password",
      severity: "medium",
      confidence: "low",
      line: 1,
      match: redact(value, true),
      fingerprint: fingerprintOf("secret-variable", name),
    },
  ];
}

type Place = Pick<PlacedSecret, "offset" | "bytes">;

function overlap(left: Place, right: Place): boolean {
  return left.offset < right.offset + right.bytes && right.offset < left.offset + left.bytes;
}

/** What is shown of an image must not tell its secrets. */
function withoutSecrets(config: ImageConfig): ImageConfig {
  return {
    ...config,
    environment: config.environment.map(cleanVariable),
    entrypoint: config.entrypoint.map(hideSecrets),
    command: config.command.map(hideSecrets),
    healthcheck: config.healthcheck.map(hideSecrets),
    labels: Object.fromEntries(
      Object.entries(config.labels).map(([name, value]) => [name, hideSecrets(value)]),
    ),
  };
}

function cleanVariable(text: string): string {
  const equals = text.indexOf("=");
  const [found] = equals < 0 ? [] : judgeVariable(text.slice(0, equals), text.slice(equals + 1));
  const isSure = scan(Buffer.from(text), "").sure.length > 0;
  return found === undefined || isSure ? hideSecrets(text) : `${text.slice(0, equals)}=${found.match}`;
}

/** A text of an image with its secrets made unreadable. */
export function hideSecrets(text: string): string {
  const content = Buffer.from(text);
  const { sure, unsure } = scan(content, "");
  const found = [...sure, ...unsure].sort((left, right) => left.offset - right.offset);
  if (found.length === 0) return text;
  const parts: Buffer[] = [];
  let at = 0;
  for (const { offset, bytes, secret } of found) {
    parts.push(content.subarray(at, offset), Buffer.from(secret.match));
    at = offset + bytes;
  }
  return Buffer.concat([...parts, content.subarray(at)]).toString("utf8");
}
