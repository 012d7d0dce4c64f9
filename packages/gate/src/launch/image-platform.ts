import type { ViewedImage } from "../ports.ts";

/** Other names that clients have for architectures, and variants that go without saying (containerd, `platforms`). */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["x86_64", "amd64"],
  ["x86-64", "amd64"],
  ["amd64/v1", "amd64"],
  ["i386", "386"],
  ["aarch64", "arm64"],
  ["aarch64/v8", "arm64"],
  ["arm64/v8", "arm64"],
  ["armhf", "arm/v7"],
  ["armel", "arm/v6"],
  ["arm", "arm/v7"],
]);

/**
 * Tells whether a platform that is asked for is the one of which the engine shows the image. A containerd image store
 * has the others under the same id.
 */
export function isPlatformOf({ config, variant = "" }: ViewedImage, asked: string): boolean {
  const [first = "", ...rest] = asked.toLowerCase().split("/");
  const [os, ...architecture] = rest.length === 0 ? [config.os, first] : [first, ...rest];
  const own = variant === "" ? config.architecture : `${config.architecture}/${variant}`;
  return os === config.os && normal(architecture.join("/")) === normal(own);
}

function normal(architecture: string): string {
  return ALIASES.get(architecture) ?? architecture;
}
