import {
  ArchiveError,
  type ByteSpan,
  decodeName,
  normalizeEntryPath,
  type TarEntry,
} from "@pratique/archive";
import { OciError } from "../errors.ts";

const MAX_LINKS = 40;

/** The links in an image archive: old versions of `docker save` write a layer that occurs twice only once. */
export class ArchiveLinks {
  readonly #targets = new Map<string, string>();

  /**
   * Takes a link in; false for any other entry. Throws `IMAGE_MALFORMED` for one below a link: engines differ in where they
   * put it.
   */
  add({ kind, linkName }: TarEntry, path: string): boolean {
    this.#targets.delete(path);
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      if (!this.#targets.has(path.slice(0, slash))) continue;
      throw new OciError("IMAGE_MALFORMED", `${JSON.stringify(path)} lies behind a link of the archive`);
    }
    if (kind !== "symlink" && kind !== "hardlink") return false;
    const target = decodeName(linkName);
    const normal = normalPath(kind === "symlink" ? `${path}/../${target}` : target);
    if (normal !== undefined) this.#targets.set(path, normal);
    return true;
  }

  /** Where links from the path lead; the path itself where it is none. */
  follow(path: string): string {
    let at = path;
    for (let count = 0; count < MAX_LINKS; count += 1) {
      const next = this.#targets.get(at);
      if (next === undefined) return at;
      at = next;
    }
    return "";
  }
}

/** The path of an entry; undefined where it leads out of the archive and so names nothing in it. */
export function entryPath(name: ByteSpan): string | undefined {
  return normalPath(decodeName(name));
}

function normalPath(name: string): string | undefined {
  try {
    return normalizeEntryPath(name);
  } catch (thrown) {
    if (thrown instanceof ArchiveError) return undefined;
    throw thrown;
  }
}
