import { expect, it } from "vitest";
import type { Fields } from "./json-fields.ts";
import { isSameContainer, NewContainers } from "./new-containers.ts";

const ID = "1a".repeat(32);
const ANSWER: Fields = {
  Id: ID,
  Name: "/web",
  Image: "sha256:1",
  State: { StartedAt: "0001-01-01T00:00:00Z", Status: "created" },
  Config: { User: "1000", Labels: { a: "1", b: "2" } },
  HostConfig: { Privileged: false },
  NetworkSettings: { Networks: { none: {} } },
  Mounts: [{ Type: "volume", Name: "data", Source: "/v/data", Destination: "/d", Driver: "local", RW: true }],
};

function looking(files: Fields | undefined, answer: Fields | undefined = ANSWER) {
  const asked: string[] = [];
  const inspect = async (id: string) => {
    asked.push(id);
    return answer;
  };
  return { subject: new NewContainers({ read: async () => files, inspect }), asked };
}

async function look(subject: NewContainers, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await subject.look(ID);
}

it("asks the engine until its files have agreed with it three times, and then now and then", async () => {
  const { subject, asked } = looking({ ...ANSWER, State: { StartedAt: "0001-01-01T00:00:00Z" } });
  await look(subject, 3);
  expect(asked).toHaveLength(3);
  await look(subject, 200);
  expect(asked).toHaveLength(3);
  await look(subject, 256);
  expect(asked).toHaveLength(4);
});

it("asks the engine for ever once its files have said something else", async () => {
  const { subject, asked } = looking({ ...ANSWER, HostConfig: { Privileged: true } });
  await look(subject, 20);
  expect(asked).toHaveLength(20);
});

it("asks the engine where there are no files", async () => {
  const { subject, asked } = looking(undefined);
  expect(await subject.look(ID)).toBe(ANSWER);
  expect(asked).toEqual([ID]);
});

it("goes on believing the files where the container was gone before the engine could be asked", async () => {
  const { subject, asked } = looking(ANSWER, undefined);
  await look(subject, 5);
  expect(asked).toHaveLength(3);
});

it.each([
  ["the order of keys", { Config: { Labels: { b: "2", a: "1" }, User: "1000" } }, true],
  ["where a volume lies", { Mounts: [{ ...mount(), Source: "" }] }, true],
  ["what a network is like", { NetworkSettings: { Networks: { none: { MacAddress: "x" } } } }, true],
  ["the image", { Image: "sha256:2" }, false],
  ["the user", { Config: { User: "0", Labels: { a: "1", b: "2" } } }, false],
  ["a network", { NetworkSettings: { Networks: { host: {} } } }, false],
  ["which volume it is", { Mounts: [{ ...mount(), Name: "other" }] }, false],
  ["whether a mount is writable", { Mounts: [{ ...mount(), RW: false }] }, false],
  ["a mount more", { Mounts: [mount(), { ...mount(), Destination: "/e" }] }, false],
  ["that it ran before", { State: { StartedAt: "2026-01-01T00:00:00Z" } }, false],
])("tells by %s whether two containers are the same", (_, change, same) => {
  expect(isSameContainer(ANSWER, { ...ANSWER, ...change })).toBe(same);
});

function mount(): Fields {
  return { Type: "volume", Name: "data", Source: "/v/data", Destination: "/d", Driver: "local", RW: true };
}
