import { CoreError } from "./errors.ts";

/** Where an image runs (OCI image-spec, image-index.md, "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const PART = /^[a-z0-9_.-]{1,64}$/u;

/** Reads `os/architecture[/variant]`, as in `linux/arm64/v8`. Throws `PLATFORM_MALFORMED`. */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split("/");
  const parts = [os, architecture, ...(variant === undefined ? [] : [variant])];
  if (os === undefined || architecture === undefined || rest.length > 0 || !parts.every(isPart)) {
    throw new CoreError(
      "PLATFORM_MALFORMED",
      `expected os/architecture[/variant], found ${JSON.stringify(text)}`,
    );
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

function isPart(part: string | undefined): boolean {
  return part !== undefined && PART.test(part);
}
