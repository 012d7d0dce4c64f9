import path from "node:path";
import { GateError } from "../errors.ts";

/** One of `Binds`, taken apart. */
export interface Bind {
  /** An absolute host path, the name of a volume, or empty for an anonymous one. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Empty where none was asked for. */
  readonly propagation: string;
}

const PROPAGATIONS: ReadonlySet<string> = new Set([
  "private",
  "rprivate",
  "slave",
  "rslave",
  "shared",
  "rshared",
]);

/**
 * Reads `[SOURCE:]TARGET[:MODE]` as the engine does: at most three parts, parted by colons that nothing escapes.
 * Throws `LAUNCH_UNREADABLE` for what the engine refuses.
 */
export function parseBind(text: string): Bind {
  const parts = text.split(":");
  const [first = "", target = first, mode = ""] = parts;
  if (first === "" || target === "" || parts.length > 3) {
    throw new GateError(
      "LAUNCH_UNREADABLE",
      `expected SOURCE:TARGET:MODE, found bind ${JSON.stringify(text)}`,
    );
  }
  const options = mode.split(",");
  return {
    source: parts.length === 1 ? "" : first,
    target: path.posix.normalize(target),
    readOnly: options.includes("ro"),
    propagation: options.find((option) => PROPAGATIONS.has(option)) ?? "",
  };
}
