import { constants } from "node:fs";
import { mayBeSecret } from "@pratique/profile";
import type { FactReader, LearnedEvent } from "./learned-event.ts";

/** Flags of open(2) by which a file may change. */
export const WRITING =
  constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** What of an event tells all that is learned of it; undefined where each is looked at. */
export function keyOf<Event extends LearnedEvent>(
  event: Event,
  facts: FactReader<Event>,
): string | undefined {
  const { type, process, protocol, local, remote } = event;
  switch (type) {
    case "open":
    case "openat":
    case "openat2":
      return openingKey(event);
    case "connect":
    case "sendto":
    case "sendmsg":
    case "sendmmsg":
      return `${process.pid} ${type} ${protocol} ${local?.port} ${remote?.address} ${remote?.port}`;
    case "execve":
    case "execveat":
      // The first process of a container tells that one was started.
      return process.vpid === 1
        ? undefined
        : `${event.scope} ${process.exePath} ${process.parent?.exePath} ${process.uid} ${facts.layerOf(event)}`;
    default:
      return undefined;
  }
}

/** Of files that are read none but secrets are learned, and most of what is opened is read. */
function openingKey(event: LearnedEvent): string {
  const { process, openFlags = WRITING } = event;
  const path = event.resolvedPath ?? event.path ?? "";
  const isWritten = (openFlags & WRITING) !== 0;
  const isPlainRead = !isWritten && path.startsWith("/") && !mayBeSecret(path);
  return isPlainRead ? `${process.pid} reads` : `${process.pid} ${isWritten} ${path}`;
}
