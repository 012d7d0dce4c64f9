import type { ImageFinding, ImageSummary } from "@pratique/api";
import {
  type Digest,
  formatImageReference,
  isDigest,
  messageOf,
  parseImageReference,
  parseSeverity,
  type Severity,
} from "@pratique/core";
import { Engine, EngineError } from "@pratique/engine";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { isAtLeast, parseFailOn } from "../images/fail-on.ts";
import { imageShowText, type JudgedFinding } from "../images/image-show-text.ts";
import { type ShownImage, serverImage, serverImages } from "../server-link.ts";

export interface ImageShowFlags {
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly showSuppressed?: boolean;
  readonly severity?: string;
  readonly failOn?: string;
}

/** Where an image lies says nothing to a server, which knows it by its name. */
const SCHEME = /^(?:docker|podman|containerd|registry):(?=.)/u;
const ID_START = /^(?:sha256:)?(?<hex>[0-9a-f]{6,64})$/u;

/** `pratique image show IMAGE`: what the server of this host knows of an image: its findings, whether they are in use, and exceptions. */
export async function imageShow(context: Context, name: string, flags: ImageShowFlags): Promise<ExitCode> {
  const { console } = context;
  const failOn = parseFailOn(flags.failOn);
  const severities = parseSeverities(flags.severity);
  const shown = await readImage(context, name.replace(SCHEME, ""));
  const judged = shown.findings.map((finding) => judgedBy(finding, shown));
  const findings = judged.filter(
    ({ severity, suppressedBy }) =>
      (severities === undefined || severities.has(severity)) &&
      (flags.showSuppressed === true || suppressedBy === undefined),
  );
  const { detail, exceptions } = shown;
  if (flags.json === true) {
    console.print(`${JSON.stringify({ ...detail, findings, exceptions }, undefined, 2)}\n`);
  } else {
    const options = { look: console.look, explains: flags.explain === true };
    for (const piece of imageShowText({ detail, exceptions, findings }, options)) console.print(piece);
  }
  return exitCodeOf(shown, failOn);
}

/** What `image scan` ends with: exceptions lift rules of policies, and take nothing out of the count. */
function exitCodeOf({ detail, findings }: ShownImage, failOn: Severity | undefined): ExitCode {
  const isOver =
    failOn !== undefined &&
    findings.some(({ severity, suppressedBy }) => suppressedBy === undefined && isAtLeast(severity, failOn));
  if (isOver) return exitCodes.refused;
  return detail.image.assessment === "complete" ? exitCodes.fine : exitCodes.unassessed;
}

function judgedBy(finding: ImageFinding, { exceptions }: ShownImage): JudgedFinding {
  const names = [finding.id, ...finding.aliases];
  const naming = exceptions.filter(({ scope }) => scope.vulnerabilities?.some((one) => names.includes(one)));
  return { ...finding, exceptions: naming.map(({ id }) => id) };
}

function parseSeverities(text: string | undefined): ReadonlySet<Severity> | undefined {
  return text === undefined
    ? undefined
    : new Set(text.split(",").map((word) => parseSeverity(word.trim().toLowerCase())));
}

async function readImage(context: Context, name: string): Promise<ShownImage> {
  const socket = context.settings.layout.serverSocket;
  try {
    return await serverImage(socket, isDigest(name) ? name : await findImage(context, name));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError("PART_FAILED", `the server at ${socket} does not tell: ${messageOf(cause)}`, {
      cause,
      hint: "where none answers, start it with pratique up",
    });
  }
}

/**
 * By its name, of several that had it the one that was scanned last; or by the beginning of its id. A server knows an image
 * of a host by one name, and the host's engine knows all of them.
 */
async function findImage(context: Context, name: string): Promise<Digest> {
  const socket = context.settings.layout.serverSocket;
  const { hex } = ID_START.exec(name)?.groups ?? {};
  const named = fullName(name);
  const begun: ImageSummary[] = [];
  for await (const image of serverImages(socket, hex ?? lastPart(name))) {
    const reference = image.reference.replace(SCHEME, "");
    if (reference === name || (named !== undefined && fullName(reference) === named)) return image.imageId;
    if (hex !== undefined && image.imageId.startsWith(`sha256:${hex}`)) begun.push(image);
  }
  const [first, ...others] = begun;
  if (first !== undefined && others.length === 0) return first.imageId;
  const called = first === undefined ? await idInEngine(context, name) : undefined;
  for await (const { imageId } of called === undefined ? [] : serverImages(socket, called)) {
    if (imageId === called) return imageId;
  }
  const wrong = first === undefined ? "has no image" : `has ${begun.length} images that begin with`;
  throw new CliError("IMAGE_UNAVAILABLE", `the server of this host ${wrong} ${JSON.stringify(name)}`, {
    hint:
      first === undefined
        ? "pratique image scan looks at any image; the server has those of its hosts and registries"
        : "write more of it",
  });
}

/** What the engine of this host has under a name; undefined where it has nothing, or does not answer. */
async function idInEngine(
  { settings: { engine: address } }: Context,
  name: string,
): Promise<Digest | undefined> {
  await using engine = new Engine({
    ...(address !== undefined && { address }),
    timeoutMs: 5000,
    connectTimeoutMs: 2000,
  });
  try {
    return (await engine.inspectImage(name)).id;
  } catch (thrown) {
    if (thrown instanceof EngineError) return undefined;
    throw thrown;
  }
}

/** `nginx` and `docker.io/library/nginx:latest` are one. Undefined of what is no name of an image. */
function fullName(text: string): string | undefined {
  try {
    return formatImageReference(parseImageReference(text));
  } catch {
    return undefined;
  }
}

/** What all ways to write a name have in common: `nginx` of `docker.io/library/nginx:1.27`. */
function lastPart(name: string): string {
  return (name.split("/").at(-1) ?? name).split(/[:@]/u, 1)[0] ?? name;
}
