import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { EngineError } from "@pratique/engine";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ForgetOptions, forgetImages } from "./forget-images.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1000 * DAY_MS;

let directory: ReturnType<typeof tempDirectory>;

beforeEach(() => {
  directory = tempDirectory();
  mkdirSync(directory.at("reports"));
});
afterEach(() => directory[Symbol.dispose]());

const hex = (digit: string) => digit.repeat(64);

function put(name: string, ageDays: number): void {
  const file = directory.at("reports", name);
  writeFileSync(file, "{}");
  utimesSync(file, (NOW_MS - ageDays * DAY_MS) / 1000, (NOW_MS - ageDays * DAY_MS) / 1000);
}

async function forget(change: object = {}): Promise<number> {
  const engine = {
    listImages: async () => [{ id: `sha256:${hex("1")}` }],
    listContainers: async () => [{ imageId: `sha256:${hex("2")}` }],
    ...change,
  } as unknown as ForgetOptions["engine"];
  const directories = [directory.at("reports"), directory.at("nowhere")];
  return await forgetImages({ engine, directories, nowMs: NOW_MS, signal: new AbortController().signal });
}

it.each([
  ["an image that is there", `${hex("1")}.json`, 90, true],
  ["an image that a container was made from", `${hex("2")}.json`, 90, true],
  ["one that has gone lately", `${hex("3")}.json`, 29, true],
  ["one that went long ago", `${hex("3")}.json`, 31, false],
  ["what has another name", "README.json", 90, true],
  ["what a killed writer left of one that is there", `${hex("1")}.json.4711.tmp`, 31, false],
  ["what is being written", `${hex("1")}.json.4711.tmp`, 0, true],
])("knows %s", async (_, name, ageDays, stays) => {
  put(name, ageDays);
  expect(await forget()).toBe(stays ? 0 : 1);
  expect(readdirSync(directory.at("reports"))).toEqual(stays ? [name] : []);
});

it("removes nothing while the engine does not answer", async () => {
  put(`${hex("3")}.json`, 90);
  const listContainers = async () => await Promise.reject(new EngineError("ENGINE_UNREACHABLE", "no answer"));
  await expect(forget({ listContainers })).rejects.toThrow("no answer");
  expect(readdirSync(directory.at("reports"))).toHaveLength(1);
});
