import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { MiB, messageOf } from "@pratique/core";
import {
  defaultPolicies,
  formatProblem,
  loadPolicies,
  MAX_POLICY_FILES,
  type PolicyDocument,
  PolicyError,
  type PolicySet,
} from "@pratique/policy";

const MAX_FILE_BYTES = MiB;

/** The policies of a host as their files stand now. */
export interface PolicyFiles {
  readonly set: PolicySet;
  readonly documents: readonly PolicyDocument[];
}

/**
 * Reads the policies of a directory. The built-in set holds where the user has no policy of their own; exceptions
 * alone do not replace it.
 *
 * @throws PolicyError with every error of every file.
 */
export function readPolicyFiles(directory: string): PolicyFiles {
  const own = readDocuments(directory);
  const ownSet = loadPolicies(own);
  if (ownSet.policies.length > 0) return { set: ownSet, documents: own };
  const documents = [...defaultPolicies, ...own];
  return { set: loadPolicies(documents), documents };
}

/** The host's own policies as documents. Throws PolicyError with every error of every file. */
export function readOwnPolicies(directory: string): readonly PolicyDocument[] {
  const documents = readDocuments(directory);
  loadPolicies(documents);
  return documents;
}

/** All YAML files directly in a directory, sorted by name; none where it does not exist. */
export function readDocuments(directory: string): readonly PolicyDocument[] {
  return listYaml(directory).map((file) => readDocument(path.join(directory, file)));
}

/** @throws PolicyError where the file is larger than any policy, and what the file system throws. */
export function readDocument(file: string): PolicyDocument {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) {
    const message = `expected a policy, of ${MAX_FILE_BYTES} bytes at most, found ${size} bytes`;
    throw new PolicyError("POLICY_INVALID", [{ file, level: "error", message }]);
  }
  return { path: file, text: readFileSync(file, "utf8") };
}

/** Changes whenever a file of the directory does. Cheap: nothing is read but names and times. */
export function policyStamp(directory: string): string {
  return listYaml(directory)
    .map((file) => {
      const { mtimeMs, size } = statSync(path.join(directory, file), { throwIfNoEntry: false }) ?? {
        mtimeMs: 0,
        size: 0,
      };
      return `${file} ${mtimeMs} ${size}`;
    })
    .join("\n");
}

/** One line for each thing that is wrong. */
export function describePolicyError(thrown: unknown): readonly string[] {
  if (thrown instanceof PolicyError) return thrown.problems.map(formatProblem);
  return [messageOf(thrown)];
}

/** Where there are too many, one too many: the set is refused then, and no policy is left out in silence. */
function listYaml(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return readdirSync(directory)
    .filter((name) => /\.ya?ml$/u.test(name))
    .sort()
    .slice(0, MAX_POLICY_FILES + 1);
}
