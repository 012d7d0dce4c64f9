import { ArchiveError } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";

/** A tar that is damaged is still a layer: what came before the damage counts. */
export function isDamage(thrown: unknown): thrown is ArchiveError {
  return (
    thrown instanceof ArchiveError &&
    (thrown.code === "ARCHIVE_MALFORMED" || thrown.code === "ARCHIVE_TRUNCATED")
  );
}

/** What failed while a layer was read, in the words of this package; what is none of the archive's errors stays as it is. */
export function layerError(thrown: unknown): unknown {
  if (!(thrown instanceof ArchiveError)) return thrown;
  const message = `a layer cannot be read: ${messageOf(thrown)}`;
  switch (thrown.code) {
    case "LIMIT_REACHED":
      return new OciError("LIMIT_REACHED", message, { cause: thrown });
    case "ENTRY_UNSUPPORTED":
      return new OciError("LAYER_UNSUPPORTED", message, { cause: thrown });
    case "ARCHIVE_MALFORMED":
    case "ARCHIVE_TRUNCATED":
    case "COMPRESSION_DAMAGED":
    case "ENTRY_DAMAGED":
    case "PATH_UNSAFE":
      return new OciError("IMAGE_UNREADABLE", message, { cause: thrown });
  }
}
