import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatedEngine, IMAGE, startGatedEngine } from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
const COMPARISONS = 3;
const BODY = { Image: IMAGE, User: "1000", Cmd: ["true"], HostConfig: { NetworkMode: "none" } };

describe.skipIf(unavailable !== undefined)(
  `what a gate asks of a real engine for a launch ${unavailable ?? ""}`,
  () => {
    let gated: GatedEngine;
    // It stands still, so that nothing is forgotten because this machine is slow.
    let clock = 0;

    beforeAll(async () => {
      gated = await startGatedEngine({ elapsedMs: () => clock });
      clock = 10_000;
      // Until the gate believes the engine's files.
      for (let times = 0; times < COMPARISONS; times += 1) await launch();
    });

    afterAll(async () => {
      await gated[Symbol.asyncDispose]();
    });

    async function create(name = ""): Promise<string> {
      const { status, text } = await gated.post(`/containers/create?name=${name}`, BODY);
      expect(status).toBe(201);
      return /"Id":"(?<id>[0-9a-f]{64})"/u.exec(text)?.groups?.id ?? "";
    }

    /** Creates a container, does what is to be done between, and starts it. */
    async function launch(
      between: (id: string) => Promise<unknown> = async () => undefined,
      name = "",
    ): Promise<void> {
      const id = await create(name);
      await between(id);
      expect((await gated.post(`/containers/${id}/start`)).status).toBe(204);
    }

    /** The gate's own questions are all the reads that there are. */
    async function questionsOf(work: () => Promise<unknown>): Promise<number> {
      const before = gated.decisions.statistics.counts().reads;
      await work();
      return gated.decisions.statistics.counts().reads - before;
    }

    it("is none where it starts at once", async () => {
      expect(await questionsOf(() => launch())).toBe(0);
    });

    it.each([
      ["it was renamed", (id: string) => gated.post(`/containers/${id}/rename?name=renamed`)],
      ["a network was asked for it", (id: string) => gated.post("/networks/none/connect", { Container: id })],
      ["a call was refused", () => gated.post("/containers/renamed/update", { cpushares: 9 })],
    ])("is one, about the container, where %s in between", async (_, between) => {
      expect(await questionsOf(() => launch(between))).toBe(1);
    });

    it.each([
      ["it was updated", (id: string) => gated.post(`/containers/${id}/update`, { CpuShares: 9 })],
      ["another was updated", () => gated.post("/containers/renamed/update", { CpuShares: 9 })],
    ])("is two, for the change and for the start, where %s in between", async (_, between) => {
      // So that the image is remembered, whatever was done before.
      await launch();
      expect(await questionsOf(() => launch(between))).toBe(2);
    });

    it("is one, about the container, where it is started by its name", async () => {
      // So that the image is remembered, whatever was done before.
      await launch();
      const questions = await questionsOf(async () => {
        expect(await create("named")).not.toBe("");
        await gated.post("/containers/named/start");
      });
      expect(questions).toBe(1);
    });

    it("is one, about the image, where a tag was moved in between two launches", async () => {
      const tag = await gated.post(`/images/${IMAGE}/tag?repo=other&tag=1`);
      expect(tag.status).toBe(201);
      expect(await questionsOf(() => launch())).toBe(1);
    });
  },
);
