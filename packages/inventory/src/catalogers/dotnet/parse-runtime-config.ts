import { parseJson } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";
import type { NugetList, NugetPackage } from "./parse-dependencies.ts";

const MAX_FRAMEWORKS = 100;

/**
 * Reads the frameworks inside a self-contained program from its `*.runtimeconfig.json` (dotnet/sdk,
 * "runtime-configuration-file.md"): `runtimeOptions.includedFrameworks`. The members `framework` and
 * `frameworks` name the least that a program asks for, not what is installed, and are passed over: shared
 * frameworks have lists of dependencies of their own.
 */
export function parseRuntimeConfig(content: Buffer): NugetList {
  let value: unknown;
  try {
    value = parseJson(decodeUtf8(content));
  } catch {
    return { packages: [], faults: ["runtime configuration is not JSON"] };
  }
  const included = ownValue(ownValue(value, "runtimeOptions"), "includedFrameworks");
  if (included === undefined) return { packages: [], faults: [] };
  if (!Array.isArray(included) || included.length > MAX_FRAMEWORKS) {
    return { packages: [], faults: [`expected a list of at most ${MAX_FRAMEWORKS} frameworks`] };
  }
  const read = included.map(readFramework);
  return {
    packages: read.filter((found) => typeof found !== "string"),
    faults: read.filter((found) => typeof found === "string"),
  };
}

function readFramework(framework: unknown): NugetPackage | string {
  const name = ownValue(framework, "name");
  const version = ownValue(framework, "version");
  if (typeof name !== "string" || !/^[\w.-]{1,256}$/u.test(name)) return "framework without a name";
  if (typeof version !== "string" || !isToken(version)) return `no version of ${name}`;
  return { name, version };
}

function ownValue(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}
