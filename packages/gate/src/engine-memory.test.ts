import { describe, expect, it } from "vitest";
import { readTarget } from "./doors/docker-authz/target.ts";
import { EngineMemory } from "./engine-memory.ts";
import type { Fields } from "./json-fields.ts";
import { IMAGE, viewOf } from "./testdata/ports.ts";

const ID = "1a".repeat(32);
const OTHER = "2".repeat(64);
const MADE: Fields = { Id: ID, Name: "/web" };

/** A memory on an engine whose answers can be exchanged, with its questions and its clock. */
function memory({ clock = 10_000 } = {}) {
  const asked: string[] = [];
  const containers: Record<string, Fields | Error> = { [ID]: MADE, web: MADE };
  let now = 0;
  const inspectContainer = async (name: string) => {
    asked.push(name);
    const answer = containers[name];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const view = {
    ...viewOf(),
    inspectImage: async (reference: string) => {
      asked.push(reference);
      return reference === "app:1" ? IMAGE : undefined;
    },
    inspectContainer,
    inspectNewContainer: inspectContainer,
  };
  const subject = new EngineMemory({ view, elapsedMs: () => now });
  now = clock;
  const comes = (call: string) => subject.callComes(call, targetOf(call));
  const ends = (call: string) => subject.callEnds(call, targetOf(call));
  const wait = (ms: number) => {
    now += ms;
  };
  return { subject, asked, containers, comes, ends, wait };
}

function targetOf(call: string) {
  const [method = "", uri = ""] = call.split(" ");
  return readTarget(method, uri);
}

const CHANGE_CONTAINERS = [
  "POST /v1.45/containers/web/update",
  `POST /containers/${ID}/update`,
  `POST /containers/${OTHER}/rename?name=web`,
  "POST /networks/n/connect",
  "POST /networks/n/disconnect",
  "POST /networks/create",
  "DELETE /networks/n",
  "POST /volumes/create",
  "DELETE /volumes/v",
  "POST /containers/prune",
  "POST /plugins/p/disable",
  "POST /swarm/leave",
  "PUT /containers/web/archive",
  "POST /containers/web/checkpoints",
] as const;
/** Over as soon as the engine has taken note of them. */
const RUN_OTHERS = [
  "POST /containers/web/start",
  `POST /containers/${ID.slice(0, 12)}/start`,
  "POST /containers/web/restart",
  "POST /containers/web/unpause",
  "POST /containers/web/stop",
  "DELETE /containers/web",
  `DELETE /containers/${ID}`,
  `POST /containers/${ID}/kill`,
] as const;

describe("a container that was just made", () => {
  it("is asked about before its start, and not again for it", async () => {
    const { subject, asked } = memory();
    subject.containerMade(ID);
    expect(asked).toEqual([ID]);
    expect(await subject.container(ID)).toBe(MADE);
    expect(asked).toEqual([ID]);
  });

  it("is shown to nobody else once somebody starts it", async () => {
    const { subject } = memory();
    expect(await subject.newContainer(ID)).toBeUndefined();
    subject.containerMade(ID);
    expect(await subject.newContainer(ID)).toBe(MADE);
    const shown = subject.newContainer(ID);
    await subject.container(ID);
    expect(await shown).toBeUndefined();
  });

  it("has its answer used for one start only", async () => {
    const { subject, asked } = memory();
    subject.containerMade(ID);
    await subject.container(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it.each(["web", "/web", ID.slice(0, 12), ID.slice(0, 63), ID.toUpperCase(), OTHER])(
    "is not what a start of %s is judged by",
    async (name) => {
      const { subject, asked } = memory();
      subject.containerMade(ID);
      await subject.container(name);
      expect(asked).toEqual([ID, name]);
    },
  );

  it.each(["", "web", ID.slice(0, 12), `${ID}0`, "g".repeat(64), "../info"])(
    "has a full id: nobody asks about %j",
    (id) => {
      const { subject, asked } = memory();
      subject.containerMade(id);
      expect(asked).toEqual([]);
    },
  );

  it("is asked about again where the answer is about another one", async () => {
    const { subject, asked, containers } = memory();
    containers[ID] = { ...MADE, Id: OTHER };
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it("is asked about again where the first question failed, and says why", async () => {
    const { subject, containers } = memory();
    containers[ID] = new Error("no connection");
    subject.containerMade(ID);
    await expect(subject.container(ID)).rejects.toThrow("no connection");
  });

  it("is asked about again after a few seconds", async () => {
    const { subject, asked, wait } = memory();
    subject.containerMade(ID);
    wait(3000);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it("is asked about again where the gate has only just opened", async () => {
    const { subject, asked } = memory({ clock: 1999 });
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it.each([...CHANGE_CONTAINERS, ...RUN_OTHERS])("is asked about again after %s", async (call) => {
    const { subject, asked, comes, ends } = memory();
    subject.containerMade(ID);
    comes(call);
    ends(call);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it.each(CHANGE_CONTAINERS)("is asked about again as long as it is under way: %s", async (call) => {
    const { subject, asked, comes, ends } = memory();
    comes(call);
    comes(call);
    ends(call);
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
    ends(call);
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID, ID]);
  });

  it.each(CHANGE_CONTAINERS)("is asked about again where the answer came amid %s", async (call) => {
    const { subject, asked, comes, ends } = memory();
    subject.containerMade(ID);
    const start = subject.container(ID);
    comes(call);
    ends(call);
    await start;
    expect(asked).toEqual([ID, ID]);
  });

  it("is asked about again after a call that cannot be read", async () => {
    const { subject, asked } = memory();
    subject.containerMade(ID);
    subject.callEnds("", undefined);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
  });

  it("is asked about again where more calls are under way than are counted, for a minute", async () => {
    const { subject, asked, comes, ends, wait } = memory();
    const calls = Array.from({ length: 1025 }, (_, n) => `POST /containers/c${n}/update`);
    for (const call of calls) comes(call);
    for (const call of calls) ends(call);
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID]);
    wait(60_000);
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID, ID, ID]);
  });

  it("waits for no call whose end is never told", async () => {
    const { subject, asked, comes, wait } = memory();
    comes("POST /containers/web/update");
    wait(60_000);
    subject.containerMade(ID);
    await subject.container(ID);
    expect(asked).toEqual([ID]);
  });

  it.each([
    "POST /containers/create?name=web",
    `POST /containers/${ID}/attach`,
    "POST /containers/web/wait",
    `POST /containers/${OTHER}/start`,
    "POST /images/create?fromImage=a",
    "POST /commit?container=web",
  ])("is remembered over %s", async (call) => {
    const { subject, asked, comes, ends } = memory();
    subject.containerMade(ID);
    comes(call);
    ends(call);
    await subject.container(ID);
    expect(asked).toEqual([ID]);
  });

  it("makes room for newer ones", async () => {
    const { subject, asked } = memory();
    subject.containerMade(ID);
    for (let n = 0; n < 64; n += 1) subject.containerMade(n.toString(16).padStart(64, "0"));
    await subject.container(ID);
    expect(asked.filter((id) => id === ID)).toHaveLength(2);
  });
});

describe("an image reference", () => {
  it("is asked about once in a minute", async () => {
    const { subject, asked, wait } = memory();
    expect(await subject.image("app:1")).toBe(IMAGE);
    expect(await subject.image("app:1")).toBe(IMAGE);
    expect(asked).toEqual(["app:1"]);
    wait(59_999);
    await subject.image("app:1");
    expect(asked).toEqual(["app:1"]);
    wait(1);
    await subject.image("app:1");
    expect(asked).toEqual(["app:1", "app:1"]);
  });

  it("that stands for nothing is asked about each time", async () => {
    const { subject, asked } = memory();
    expect(await subject.image("gone:1")).toBeUndefined();
    await subject.image("gone:1");
    expect(asked).toHaveLength(2);
  });

  it.each([
    "POST /images/create?fromImage=app",
    "POST /images/load",
    "POST /images/app:2/tag?repo=app&tag=1",
    "DELETE /images/app:1",
    "POST /images/prune",
    "POST /build",
    "POST /session",
    "POST /grpc",
    "POST /commit?container=web&repo=app",
    "POST /build/prune",
    "POST /plugins/pull",
  ])("is asked about again when %s comes, and when it ends", async (call) => {
    const { subject, asked, comes, ends } = memory();
    await subject.image("app:1");
    comes(call);
    await subject.image("app:1");
    ends(call);
    await subject.image("app:1");
    await subject.image("app:1");
    expect(asked).toHaveLength(3);
  });

  it("is not remembered where the answer came amid a change", async () => {
    const { subject, asked, comes } = memory();
    const answer = subject.image("app:1");
    comes("POST /images/load");
    await answer;
    await subject.image("app:1");
    expect(asked).toHaveLength(2);
  });
});
