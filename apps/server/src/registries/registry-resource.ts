import type { Resource } from "@pratique/core";
import type { RegistrySetting } from "@pratique/store";

/** Where a registry lies: only who may act on all that is in it may act on it as a whole. */
export function resourceOfRegistry({ address, path }: Pick<RegistrySetting, "address" | "path">): Resource {
  return { within: { registries: [`${path === "" ? address : `${address}/${path}`}/*`] } };
}
