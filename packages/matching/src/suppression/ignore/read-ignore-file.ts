import { MatchingError } from "../../errors.ts";
import type { SuppressionFile } from "../rule.ts";
import { fileOf, type IgnoreEntries } from "./entry.ts";
import { readGrypeIgnore } from "./grype.ts";
import { readOsvScanner } from "./osv-scanner.ts";
import { readTrivyIgnore } from "./trivyignore.ts";
import { readTrivyIgnoreYaml } from "./trivyignore-yaml.ts";

interface IgnoreFormat {
  /** The name that such files have by custom. */
  readonly name: string;
  recognises(fileName: string, text: string): boolean;
  read(text: string, name: string): IgnoreEntries;
}

/** In the order in which a file is tried: what a plain list looks like, everything does. */
const formats: readonly IgnoreFormat[] = [
  {
    name: ".grype.yaml",
    recognises: (file, text) => isYaml(file) && (/(?:^|\/)\.?grype\b/u.test(file) || /^ignore:/mu.test(text)),
    read: readGrypeIgnore,
  },
  { name: ".trivyignore.yaml", recognises: isYaml, read: readTrivyIgnoreYaml },
  { name: "osv-scanner.toml", recognises: (file) => file.endsWith(".toml"), read: readOsvScanner },
  {
    name: ".trivyignore",
    recognises: (file) =>
      /(?:^|[/.])\.?[\w-]*ignore$/u.test(file) || !/\.[a-z]+$/u.test(file) || file.endsWith(".txt"),
    read: readTrivyIgnore,
  },
];

function isYaml(file: string): boolean {
  return file.endsWith(".yaml") || file.endsWith(".yml");
}

/**
 * Reads a file of ignore rules, by its name and by what is in it: `.trivyignore`, `.trivyignore.yaml`, `.grype.yaml`
 * and `osv-scanner.toml`. Entries that are over are told and not applied. Throws `IGNORE_FILE_MALFORMED`.
 */
export function readIgnoreFile(text: string, name: string, now: Date): SuppressionFile {
  const format = formats.find(({ recognises }) => recognises(name, text));
  if (format === undefined) {
    const known = formats.map((one) => one.name).join(", ");
    throw new MatchingError(
      "IGNORE_FILE_MALFORMED",
      `expected one of ${known}, found ${JSON.stringify(name)}`,
    );
  }
  return fileOf(format.read(text, name), { name, format: format.name }, now);
}
