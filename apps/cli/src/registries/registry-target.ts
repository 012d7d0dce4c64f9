import { parseImageReference } from "@pratique/core";
import { CliError } from "../errors.ts";

/** A registry, and a namespace or repository in it; the path is empty for all of it. */
export interface RegistryTarget {
  readonly registry: string;
  readonly path: string;
}

/** Reads `REGISTRY[/PATH]`. Throws `USAGE`. */
export function parseRegistryTarget(text: string): RegistryTarget {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? "" : text.slice(slash + 1).replace(/\/$/u, "");
  if (!/[.:]/u.test(host) && host !== "localhost") {
    throw new CliError("USAGE", `expected a registry, found ${JSON.stringify(text)}`, {
      hint: `name its host, as in docker.io/${text}`,
    });
  }
  try {
    // A name of two parts is left as it is also where the registry is Docker's.
    const { registry, repository, digest } = parseImageReference(`${host}/x/${path === "" ? "x" : path}`);
    if (digest === undefined && !path.includes(":")) {
      return { registry, path: path === "" ? "" : repository.slice("x/".length) };
    }
  } catch (cause) {
    throw malformed(text, cause);
  }
  throw malformed(text);
}

function malformed(text: string, cause?: unknown): CliError {
  const message = `expected a registry, or one with a namespace or repository, found ${JSON.stringify(text)}`;
  return new CliError("USAGE", message, { cause, hint: "write it like registry.example/team" });
}
