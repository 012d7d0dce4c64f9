import { createRequire } from "node:module";
import { messageOf } from "@pratique/core";
import { OciError } from "./errors.ts";

/** Names under which overlayfs marks a directory as opaque; the second one in user namespaces. */
const ATTRIBUTES = ["trusted.overlay.opaque", "user.overlay.opaque"] as const;
const OPAQUE = 0x79; // y

/** Tells whether the directory behind an open descriptor is opaque. */
export type OpaqueTest = (fd: number) => boolean;

type GetAttribute = (fd: number, name: string, value: Uint8Array, size: number) => number;

let loaded: GetAttribute | undefined;

/**
 * Node cannot read extended attributes, the C library can. Loaded on first use only: most scans never need
 * it. Throws `SOURCE_UNAVAILABLE` where the C library cannot be called.
 */
export function opaqueTest(): OpaqueTest {
  loaded ??= loadGetAttribute();
  const getAttribute = loaded;
  const value = new Uint8Array(16);
  return (fd) =>
    ATTRIBUTES.some((name) => getAttribute(fd, name, value, value.length) > 0 && value[0] === OPAQUE);
}

function loadGetAttribute(): GetAttribute {
  try {
    const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
    // The process itself is linked with the C library, whichever it is.
    const getAttribute = koffi
      .load(null)
      .func("long fgetxattr(int fd, const char *name, _Out_ uint8_t *value, size_t size)");
    return (fd, name, value, size) => Number(getAttribute(fd, name, value, size));
  } catch (cause) {
    throw new OciError("SOURCE_UNAVAILABLE", `opaque directories cannot be told: ${messageOf(cause)}`, {
      cause,
    });
  }
}
