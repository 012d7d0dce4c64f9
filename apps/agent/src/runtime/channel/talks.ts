import type { RuntimeProtocol } from "@pratique/core";
import type { MessageBody, TrackedContainer, TrackedProcess } from "@pratique/sensor";
import { z } from "zod";

/** The far end of a connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** A process of a container has a connection open. */
export interface Talk extends Peer {
  readonly container: TrackedContainer;
  readonly process: TrackedProcess;
  readonly protocol: RuntimeProtocol;
}

const flowsSchema = z.object({
  flows: z.array(z.object({ pid: z.number(), protocol: z.number(), address: z.string(), port: z.number() })),
});
/** Numbers of protocols (IANA). */
const protocols: ReadonlyMap<number, RuntimeProtocol> = new Map([
  [6, "tcp"],
  [17, "udp"],
]);

/**
 * What the native sensor answers to `flows`, with who it is about. What a process talks to that is not known yet, or not of
 * a container, is left out. Throws a ZodError for another answer.
 */
export function readTalks(
  reply: MessageBody,
  processOf: (pid: number) => TrackedProcess | undefined,
): readonly Talk[] {
  return flowsSchema.parse(reply).flows.flatMap(({ pid, protocol, address, port }) => {
    const process = processOf(pid);
    const container = process?.link.container;
    if (process === undefined || container === undefined) return [];
    return [{ container, process, address, port, protocol: protocols.get(protocol) ?? "other" }];
  });
}
