import { type Digest, parseDigest } from "@pratique/core";
import { EngineError, type EngineEvent } from "@pratique/engine";
import { expect, it } from "vitest";
import { type ImageWatchOptions, watchImages } from "./image-watch.ts";

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
const [one, two, three] = [digest("1"), digest("2"), digest("3")] as const;

/** What an engine has, and tells, from one start to the next; `hidden` is there and in no list. */
interface Period {
  readonly listed: readonly Digest[];
  readonly hidden?: readonly Digest[];
  readonly events?: readonly Pick<EngineEvent, "action" | "actorId">[];
  readonly fails?: boolean;
}

/** Follows an engine that is started anew after each period, and gives what was said of images. */
async function watch(...periods: readonly Period[]): Promise<readonly string[]> {
  const said: string[] = [];
  const ended = new AbortController();
  let at = -1;
  const period = () => periods[at] ?? { listed: [] };
  const image = (id: Digest) => ({
    id,
    repoTags: [`image:${id.at(-1)}`],
    repoDigests: [],
    sizeBytes: 0,
    labels: {},
  });
  const engine = {
    ping: async () => {
      at += 1;
      if (at === periods.length) ended.abort();
      ended.signal.throwIfAborted();
    },
    listImages: async () => period().listed.map(image),
    inspectImage: async (id: Digest) => {
      if (period().fails === true) throw new EngineError("ENGINE_UNREACHABLE", "no answer");
      const { listed, hidden = [] } = period();
      if (![...listed, ...hidden].includes(id)) throw new EngineError("IMAGE_NOT_FOUND", "no such image");
      return image(id);
    },
    events: async function* () {
      for (const event of period().events ?? []) yield { type: "image", attributes: {}, timeMs: 0, ...event };
    },
  } as unknown as ImageWatchOptions["engine"];
  await watchImages({
    engine,
    signal: ended.signal,
    now: () => 0,
    sleep: async () => undefined,
    onImage: (id, reference) => said.push(`${reference} ${id.at(-1)}`),
    onGone: (id) => said.push(`gone ${id.at(-1)}`),
    onEngine: (state) => said.push(state),
  });
  return said;
}

it("tells of images that are there, arrive and go", async () => {
  const events = [
    { action: "pull", actorId: two },
    { action: "push", actorId: two },
    { action: "delete", actorId: one },
  ];
  expect(await watch({ listed: [one], hidden: [two], events })).toEqual([
    "up",
    "image:1 1",
    "image:2 2",
    "gone 1",
  ]);
});

it("tells of images that went while the engine could not be heard, and of none that it only does not list", async () => {
  const said = await watch({ listed: [one, two, three] }, { listed: [one], hidden: [two] });
  expect(said.slice(4)).toEqual(["up", "gone 3", "image:1 1"]);
});

it("passes over an image that is removed before it is looked at", async () => {
  expect(await watch({ listed: [], events: [{ action: "pull", actorId: one }] })).toEqual(["up"]);
});

it("takes an engine that does not answer for no word on an image: it is listed again", async () => {
  const said = await watch(
    { listed: [], events: [{ action: "pull", actorId: one }], fails: true },
    { listed: [one] },
  );
  expect(said).toEqual(["up", "down", "up", "image:1 1"]);
});
