import type { Launch } from "@pratique/core";
import { type Fields, flagIn, objectIn, textIn, textsIn, wordsIn } from "../../json-fields.ts";
import { environmentNames } from "../../launch/container-launch.ts";
import { isRootUser } from "../../launch/user.ts";

/** What is to run inside a container that exists. */
export interface ExecWords {
  /** Empty means the container's own user. */
  readonly user: string;
  readonly privileged: boolean;
  readonly command: readonly string[];
  readonly environmentNames: readonly string[];
}

/** From the body of `POST /containers/{id}/exec`. */
export function execFromCreate(body: Fields): ExecWords {
  return {
    user: textIn(body, "User"),
    privileged: flagIn(body, "Privileged"),
    command: wordsIn(body, "Cmd"),
    environmentNames: environmentNames(textsIn(body, "Env")),
  };
}

/** From what the engine answers to `GET /exec/{id}/json`; it does not tell of the environment. */
export function execFromInspect(exec: Fields): ExecWords {
  const process = objectIn(exec, "ProcessConfig");
  return {
    user: textIn(process, "user"),
    privileged: flagIn(process, "privileged"),
    command: [textIn(process, "entrypoint"), ...textsIn(process, "arguments")],
    environmentNames: [],
  };
}

/**
 * A process in a container has what the container has, and what it asks for. One that asks for more than the
 * container has is a new launch; any other is part of what ran before.
 */
export function execLaunch(container: Launch, exec: ExecWords, rootAccounts: readonly string[]): Launch {
  const user = exec.user === "" ? container.user : exec.user;
  const runsAsRoot = isRootUser(user, rootAccounts);
  const asksForMore = (exec.privileged && !container.privileged) || (runsAsRoot && !container.runsAsRoot);
  return {
    ...container,
    action: "exec",
    user,
    runsAsRoot,
    privileged: container.privileged || exec.privileged,
    entrypoint: [],
    command: exec.command,
    environmentNames: exec.environmentNames,
    ranBefore: container.ranBefore && !asksForMore,
  };
}
