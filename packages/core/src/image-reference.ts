import { type Digest, isDigest } from "./digest.ts";
import { CoreError } from "./errors.ts";

/** The name of an image in a registry, completed the way Docker completes it. */
export interface ImageReference {
  /** Host, with port where given: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/nginx`. */
  readonly repository: string;
  /** `latest` where neither tag nor digest was given. */
  readonly tag?: string;
  readonly digest?: Digest;
}

// https://github.com/distribution/reference, "Grammar".
const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/u;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/u;
const TAG = /^\w[\w.-]{0,127}$/u;
const MAX_NAME = 255;

/** Reads `[registry/]repository[:tag][@digest]`. Throws `REFERENCE_MALFORMED`. */
export function parseImageReference(text: string): ImageReference {
  const [named = "", digestText, ...more] = text.split("@");
  const { registry, rest } = splitRegistry(named);
  const colon = rest.lastIndexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const repository = registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;

  const wellFormed =
    more.length === 0 &&
    DOMAIN.test(registry) &&
    repository.length <= MAX_NAME &&
    repository.split("/").every((component) => COMPONENT.test(component)) &&
    (tag === undefined || TAG.test(tag));
  if (!wellFormed) throw malformed(text);

  if (digestText === undefined) return { registry, repository, tag: tag ?? "latest" };
  if (!isDigest(digestText)) throw malformed(text);
  return { registry, repository, ...(tag !== undefined && { tag }), digest: digestText };
}

/** Writes a reference in its full form. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  const tagged = tag === undefined ? "" : `:${tag}`;
  const pinned = digest === undefined ? "" : `@${digest}`;
  return `${registry}/${repository}${tagged}${pinned}`;
}

/** The first part is a registry when it could not be anything else: it has a dot, a colon, or is localhost. */
function splitRegistry(named: string): { registry: string; rest: string } {
  const slash = named.indexOf("/");
  const first = named.slice(0, slash);
  if (slash > 0 && (/[.:]/u.test(first) || first === "localhost" || first !== first.toLowerCase())) {
    const registry = first === "index.docker.io" ? "docker.io" : first;
    return { registry, rest: named.slice(slash + 1) };
  }
  return { registry: "docker.io", rest: named };
}

function malformed(text: string): CoreError {
  return new CoreError("REFERENCE_MALFORMED", `malformed image reference ${JSON.stringify(text)}`);
}
