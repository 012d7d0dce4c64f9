import { type ContainerReport, MAX_AGENT_BODY_BYTES, putContainers } from "@pratique/api";
import { parseDigest } from "@pratique/core";
import { type EngineContainer, type EngineContainerSummary, EngineError } from "@pratique/engine";
import { expect, it } from "vitest";
import { type ContainerWatchOptions, watchContainers } from "./container-watch.ts";

const imageId = parseDigest(`sha256:${"1".repeat(64)}`);
const takenAt = "2026-11-24T12:00:00.000Z";

/** A container, and what the engine answers who asks for more of it than its list says. */
interface Held {
  readonly summary: EngineContainerSummary;
  readonly inspect: () => EngineContainer;
}

function held(id: string, more: Partial<EngineContainerSummary> = {}): Held {
  const summary = {
    id,
    names: [id],
    image: "a:1",
    imageId,
    state: "running",
    labels: {},
    addresses: [],
    published: [],
    ...more,
  };
  const state = { status: summary.state, running: summary.state === "running", pid: 1, exitCode: 0 };
  return {
    summary,
    inspect: () => ({ ...summary, imageId, name: id, state, mounts: [], config: {}, hostConfig: {} }),
  };
}

const failing = (id: string, error: EngineError): Held => ({
  ...held(id),
  inspect: () => {
    throw error;
  },
});

/** What is reported first of containers that an engine has. */
async function reportOf(containers: readonly Held[]): Promise<readonly ContainerReport[]> {
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<readonly ContainerReport[]>();
  const byId = new Map(containers.map((each) => [each.summary.id, each]));
  const engine = {
    listContainers: async () => containers.map(({ summary }) => summary),
    inspectContainer: async (id: string) => byId.get(id)?.inspect(),
    events: async function* () {},
  } as unknown as ContainerWatchOptions["engine"];
  const watching = watchContainers({
    engine,
    signal: ended.signal,
    now: () => new Date(takenAt),
    sleep: async (_ms, signal) => signal.throwIfAborted(),
    send: async (_at, reports) => resolve(reports),
    onError: reject,
  });
  try {
    return await promise;
  } finally {
    ended.abort();
    await watching;
  }
}

const idsOf = (reports: readonly ContainerReport[]) => reports.map(({ id }) => id);

it("reports each container as the server takes it", async () => {
  const reports = await reportOf([held("a"), held("b", { state: "exited" })]);
  expect(putContainers.body.parse({ takenAt, containers: reports })).toEqual({
    takenAt,
    containers: reports,
  });
  expect(reports.map(({ id, state }) => [id, state])).toEqual([
    ["a", "running"],
    ["b", "exited"],
  ]);
});

it("leaves out one that has gone meanwhile", async () => {
  const gone = failing("b", new EngineError("CONTAINER_NOT_FOUND", "no such container"));
  expect(idsOf(await reportOf([held("a"), gone, held("c")]))).toEqual(["a", "c"]);
});

it("tells one by what the list says, and all others, where the engine's answer cannot be used", async () => {
  const odd = failing("b", new EngineError("ENGINE_MALFORMED", "the answer is longer than 33554432 bytes"));
  const reports = await reportOf([held("a"), odd]);
  expect(idsOf(reports)).toEqual(["a", "b"]);
  expect(reports[1]).toMatchObject({ name: "b", image: "a:1", imageId, state: "running" });
});

it("reports nothing while the engine is down", async () => {
  const down = failing("a", new EngineError("ENGINE_UNREACHABLE", "no answer"));
  await expect(reportOf([down])).rejects.toThrow("no answer");
});

it("tells those that run where there are more than can be told", async () => {
  const idle = Array.from({ length: 10_005 }, (_, index) => held(`idle-${index}`, { state: "created" }));
  const reports = await reportOf([...idle, held("a"), held("b")]);
  expect(reports).toHaveLength(10_000);
  expect(idsOf(reports).slice(0, 2)).toEqual(["a", "b"]);
});

it("keeps the short labels of one that has too many, and all of the others", async () => {
  const large = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`l${index}`, "x".repeat(60_000)]),
  );
  const reports = await reportOf([
    held("a", { labels: { ...large, team: "shop" } }),
    held("b", { labels: { team: "bank" } }),
  ]);
  expect(reports.map(({ labels }) => labels.team)).toEqual(["shop", "bank"]);
  expect(JSON.stringify(reports[0]).length).toBeLessThan(65_537);
});

it("fits into a request, however many there are and whatever they say", async () => {
  const containers = Array.from({ length: 2000 }, (_, index) =>
    held(`c-${index}`, { image: "i".repeat(20_000), labels: { text: "é".repeat(20_000), team: "shop" } }),
  );
  const reports = await reportOf([...containers, held("small", { labels: { team: "bank" } })]);
  expect(Buffer.byteLength(JSON.stringify({ takenAt, containers: reports }))).toBeLessThan(
    MAX_AGENT_BODY_BYTES,
  );
  expect(reports).toHaveLength(2001);
  expect(reports.at(-1)?.labels).toEqual({ team: "bank" });
  expect(reports[0]?.labels).toEqual({ team: "shop" });
});

it("tells once of an engine that is down, and again when it was up in between", async () => {
  const ended = new AbortController();
  const told: unknown[] = [];
  const answers = ["down", "down", "up", "down", "down"];
  const engine = {
    listContainers: async () => {
      const answer = answers.shift();
      if (answer === undefined) ended.abort();
      if (answer !== "up") throw new EngineError("ENGINE_UNREACHABLE", "no engine");
      return [];
    },
    events: async function* () {},
  } as unknown as ContainerWatchOptions["engine"];
  await watchContainers({
    engine,
    signal: ended.signal,
    now: () => new Date(takenAt),
    sleep: async (_ms, signal) => signal.throwIfAborted(),
    send: async () => undefined,
    onError: (error) => told.push(error),
  });
  expect(told).toHaveLength(2);
});
