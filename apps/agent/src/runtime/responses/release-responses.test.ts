import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RuntimeDoor, type RuntimeRequest } from "../door/runtime-door.ts";
import { releaseResponses } from "./release-responses.ts";

let directory: ReturnType<typeof tempDirectory>;
let door: RuntimeDoor | undefined;
const asked: RuntimeRequest[] = [];

beforeEach(() => {
  directory = tempDirectory();
  asked.length = 0;
});

afterEach(async () => {
  await door?.[Symbol.asyncDispose]();
  door = undefined;
  directory[Symbol.dispose]();
});

/** A watch that answers so, or fails so. */
async function watching(answer: object | Error | undefined): Promise<string> {
  const socketPath = directory.at("runtime.sock");
  door = new RuntimeDoor({
    socketPath,
    answer: (request, sink) => {
      asked.push(request);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) sink.write(answer);
      sink.end();
    },
  });
  await door.listen();
  return socketPath;
}

it("asks the watch to undo one act, or all that is in force about a container", async () => {
  const socketPath = await watching({ released: true });
  await releaseResponses(socketPath, { containerId: "c1", act: "a-1", by: "anna" });
  await releaseResponses(socketPath, { containerId: "c1", act: undefined, by: "anna" });
  expect(asked).toEqual([
    { command: "release", container: "c1", act: "a-1", by: "anna" },
    { command: "release", container: "c1", by: "anna" },
  ]);
});

it.each<[string, object | Error | undefined, string]>([
  ["says why not", new Error("no act is in force about c1"), "no act is in force about c1"],
  ["says nothing", undefined, "nobody said that it was"],
  ["says something else", { released: "true" }, "nobody said that it was"],
])("fails where the watch %s", async (_, answer, expected) => {
  const socketPath = await watching(answer);
  await expect(
    releaseResponses(socketPath, { containerId: "c1", act: undefined, by: "anna" }),
  ).rejects.toThrow(expected);
});

it("fails where nobody watches", async () => {
  const release = releaseResponses(directory.at("none.sock"), {
    containerId: "c1",
    act: undefined,
    by: "anna",
  });
  await expect(release).rejects.toMatchObject({ code: "RUNTIME_UNAVAILABLE" });
});
