import type { ImageScheme, ImageTarget } from "@pratique/core";
import { OciError, type OciErrorCode } from "./errors.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "./source.ts";

/** Where an image without a scheme is looked for, in this order. */
const UNNAMED: readonly ImageScheme[] = ["docker", "registry"];
/** Answers after which the next place is asked. */
const GOES_ON: ReadonlySet<OciErrorCode> = new Set<OciErrorCode>(["IMAGE_NOT_FOUND", "SOURCE_UNAVAILABLE"]);

export interface OpenImageOptions extends OpenOptions {
  readonly sources: readonly ImageSource[];
}

/**
 * Opens an image where its scheme says. Without a scheme the engine is asked first, then the registry; the
 * error is then the last one, with the ones before as its cause. Rejects with an {@link OciError}.
 */
export async function openImage(
  target: ImageTarget,
  { sources, ...options }: OpenImageOptions,
): Promise<OpenedImage> {
  const names = target.scheme === undefined ? UNNAMED : [target.scheme];
  const members = sources
    .filter(({ name }) => names.includes(name))
    .toSorted((left, right) => names.indexOf(left.name) - names.indexOf(right.name));
  const errors: OciError[] = [];
  for (const source of members) {
    try {
      return await source.open(target.value, { ...options, reference: target.text });
    } catch (thrown) {
      if (!(thrown instanceof OciError) || !GOES_ON.has(thrown.code)) throw thrown;
      errors.push(thrown);
    }
  }
  const last = errors.at(-1);
  if (last === undefined) {
    throw new OciError("SOURCE_UNAVAILABLE", `no source for ${JSON.stringify(target.text)}`);
  }
  if (errors.length === 1) throw last;
  throw new OciError(last.code, last.message, { cause: new AggregateError(errors) });
}
