import { type ByteSpan, decodeName, type TarEntry, type TarVisitor } from "@pratique/archive";
import type { TarView } from "../../layers/tar-index.ts";

const ROOT = Buffer.from("rootfs/");
const SLASH = 0x2f;
const DOT = 0x2e;
const WHITEOUT = Buffer.from("/.wh.");

/**
 * What of an image archive is its root: all below `rootfs`, hard links among it, and of that what every whitelist names.
 * An image has no whiteouts: a file that is called like one hides nothing.
 */
export function aciView(whitelists: readonly (readonly string[])[]): TarView {
  const sets = whitelists.filter((paths) => paths.length > 0).map((paths) => new Set(paths));
  return (visitor) => new RootVisitor(visitor, sets);
}

class RootVisitor implements TarVisitor {
  readonly #visitor: TarVisitor;
  readonly #whitelists: readonly ReadonlySet<string>[];

  constructor(visitor: TarVisitor, whitelists: readonly ReadonlySet<string>[]) {
    this.#visitor = visitor;
    this.#whitelists = whitelists;
  }

  entry(entry: TarEntry): boolean {
    const name = belowRoot(entry.name);
    if (name === undefined || !this.#isListed(name)) return false;
    if (entry.kind !== "hardlink") return this.#visitor.entry({ ...entry, name });
    const linkName = belowRoot(entry.linkName);
    return linkName !== undefined && this.#visitor.entry({ ...entry, name, linkName });
  }

  content(bytes: Uint8Array): void {
    this.#visitor.content(bytes);
  }

  contentEnd(): void {
    this.#visitor.contentEnd();
  }

  passable(): number {
    return this.#visitor.passable?.() ?? 0;
  }

  passed(bytes: number): void {
    this.#visitor.passed?.(bytes);
  }

  #isListed(name: ByteSpan): boolean {
    if (this.#whitelists.length === 0) return true;
    const path = decodeName(name)
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .join("/");
    return this.#whitelists.every((paths) => paths.has(path));
  }
}

/** The name less its root; undefined for what is none of it. */
function belowRoot({ bytes, start, end }: ByteSpan): ByteSpan | undefined {
  let at = start;
  while (bytes[at] === SLASH || (bytes[at] === DOT && bytes[at + 1] === SLASH))
    at += bytes[at] === SLASH ? 1 : 2;
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, end - at));
  if (name.length <= ROOT.length || !name.subarray(0, ROOT.length).equals(ROOT)) return undefined;
  // From the slash on, so that the first name below the root is looked at, too.
  if (name.includes(WHITEOUT)) return undefined;
  return { bytes, start: at + ROOT.length, end };
}
