import type { RuntimeEndpoint, RuntimeProtocol } from "@pratique/core";

/** What `fd.typechar` has for each kind of descriptor, and `fd.type`. */
export const descriptorTypes = {
  f: "file",
  d: "directory",
  "4": "ipv4",
  "6": "ipv6",
  "2": "ipv4",
  "3": "ipv6",
  u: "unix",
  p: "pipe",
  n: "netlink",
  b: "bpf",
  m: "memfd",
  r: "io_uring",
  P: "pidfd",
  l: "eventpoll",
  o: "other",
} as const;
export type DescriptorLetter = keyof typeof descriptorTypes;

/** The descriptor that an event is about. */
export interface EventDescriptor {
  /** -1 where the call failed. */
  readonly number: number;
  readonly letter: DescriptorLetter;
  /** Absolute and cleaned, or `client->server`; undefined where nobody told. */
  readonly name: string | undefined;
  /** As the process wrote it. */
  readonly rawName: string | undefined;
  readonly local: RuntimeEndpoint | undefined;
  readonly remote: RuntimeEndpoint | undefined;
  /** Whether the process is the one that is connected to. */
  readonly isServer: boolean;
  readonly protocol: RuntimeProtocol | undefined;
}
