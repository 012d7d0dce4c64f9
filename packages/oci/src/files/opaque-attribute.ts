import { createRequire } from "node:module";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";

/** Names under which overlayfs marks a directory as opaque; the second one in user namespaces. */
const ATTRIBUTES = ["trusted.overlay.opaque", "user.overlay.opaque"] as const;
const OPAQUE = 0x79; // y
/** Names under which it keeps which lower directory is shown in one. */
const REDIRECTS = ["trusted.overlay.redirect", "user.overlay.redirect"] as const;

/** Tells whether the directory behind an open descriptor is opaque. */
export type OpaqueTest = (fd: number) => boolean;

/** Tells whether overlayfs shows, in the directory behind an open descriptor, what lies under another name. */
export type RedirectTest = (fd: number) => boolean;

interface AttributeCalls {
  /** Bytes that the names of all attributes take, or a negative number. */
  list(fd: number, names: null, size: 0): number;
  get(fd: number, name: string, value: Uint8Array, size: number): number;
}

let loaded: AttributeCalls | undefined;

/**
 * Node cannot read extended attributes, the C library can. Loaded on first use only: most scans never need
 * it. Throws `SOURCE_UNAVAILABLE` where the C library cannot be called.
 */
export function opaqueTest(): OpaqueTest {
  loaded ??= loadCalls();
  const { list, get } = loaded;
  const value = new Uint8Array(16);
  const isSet = (fd: number, name: string): boolean =>
    get(fd, name, value, value.length) > 0 && value[0] === OPAQUE;
  // Nearly all directories have no attributes at all, which one call tells.
  return (fd) => list(fd, null, 0) !== 0 && ATTRIBUTES.some((name) => isSet(fd, name));
}

/** Throws `SOURCE_UNAVAILABLE` as {@link opaqueTest} does. */
export function redirectTest(): RedirectTest {
  loaded ??= loadCalls();
  const { list, get } = loaded;
  const nothing = new Uint8Array(1);
  // Of no bytes, the call gives the length of the value.
  return (fd) => list(fd, null, 0) !== 0 && REDIRECTS.some((name) => get(fd, name, nothing, 0) > 0);
}

function loadCalls(): AttributeCalls {
  try {
    const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
    // The process itself is linked with the C library, whichever it is.
    const library = koffi.load(null);
    const list = library.func("long flistxattr(int fd, void *names, size_t size)");
    const get = library.func("long fgetxattr(int fd, const char *name, _Out_ uint8_t *value, size_t size)");
    return {
      list: (...args) => Number(list(...args)),
      get: (...args) => Number(get(...args)),
    };
  } catch (cause) {
    throw new OciError("SOURCE_UNAVAILABLE", `opaque directories cannot be told: ${messageOf(cause)}`, {
      cause,
    });
  }
}
