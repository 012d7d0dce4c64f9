import { type Fields, objectIn, textIn } from "../json-fields.ts";
import type { LaunchContext } from "./launch-context.ts";

const NUMBER = /^[+-]?\d+$/u;

/**
 * Tells whether nobody knows whom a name stands for: the container has accounts of its own, as `docker cp` brings them
 * before its start, and not those of its image. Told for storage in which an upper directory holds what was changed.
 */
export function isRenamedUser(user: string, container: Fields, { paths }: LaunchContext): boolean {
  const [name = ""] = user.split(":", 1);
  const upper = textIn(objectIn(objectIn(container, "GraphDriver"), "Data"), "UpperDir");
  if (NUMBER.test(name) || !upper.startsWith("/")) return false;
  return paths.kind(`${upper}/etc`) === "symlink" || paths.kind(`${upper}/etc/passwd`) !== "nothing";
}

/** Go's `Atoi` takes a sign and any number of zeros. */
const ZERO = /^[+-]?0+$/u;

/** Tells whether `user[:group]` names user id 0; `rootAccounts` are the image's own names for it. */
export function isRootUser(user: string, rootAccounts: readonly string[]): boolean {
  const [name = ""] = user.split(":", 1);
  return name === "" || name === "root" || ZERO.test(name) || rootAccounts.includes(name);
}
