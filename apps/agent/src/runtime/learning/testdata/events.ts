import { type Digest, type EventType, parseDigest, type RuntimeProcess } from "@pratique/core";
import type { EventFacts } from "@pratique/profile";
import type { FactReader, LearnedEvent } from "../learned-event.ts";

/** An event with what a source would know beyond it. */
export interface TestEvent extends LearnedEvent {
  readonly layer: NonNullable<EventFacts["executableLayer"]>;
}

export const testFacts: FactReader<TestEvent> = {
  factsOf: ({ layer, openFlags }) => ({
    executableLayer: layer,
    ...(openFlags !== undefined && { opensForWriting: openFlags !== 0 }),
  }),
  layerOf: ({ layer }) => layer,
};

export function imageOf(digit: string): Digest {
  return parseDigest(`sha256:${digit.repeat(64)}`);
}

const main: RuntimeProcess = {
  pid: 1000,
  vpid: 1,
  parent: undefined,
  name: "app",
  exe: "app",
  exePath: "/bin/app",
  args: [],
  cwd: "/",
  uid: 0,
  startedAt: 1,
};

export function eventOf(type: EventType, parts: Partial<TestEvent> & { readonly image?: Digest } = {}): TestEvent {
  const { image = imageOf("a"), ...rest } = parts;
  const scope = image.slice("sha256:".length);
  return {
    number: 1,
    type,
    time: 1000,
    scope,
    container: {
      id: scope,
      runtime: "docker",
      name: "shop",
      image: "shop:1",
      imageId: image,
      privileged: false,
      labels: {},
      mounts: [],
      createdAt: 0,
    },
    process: main,
    result: 0,
    path: undefined,
    resolvedPath: undefined,
    protocol: undefined,
    local: undefined,
    remote: undefined,
    arguments: {},
    openFlags: undefined,
    layer: "image",
    ...rest,
  };
}

export function executionOf(exePath: string, parts: Partial<TestEvent> = {}): TestEvent {
  return eventOf("execve", { process: { ...main, pid: 1001, vpid: 7, parent: main, exePath }, ...parts });
}

export function writeOf(path: string, parts: Partial<TestEvent> = {}): TestEvent {
  return eventOf("openat", { path, resolvedPath: path, result: 3, openFlags: 1, ...parts });
}
