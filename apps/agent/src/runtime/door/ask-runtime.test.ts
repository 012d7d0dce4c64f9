import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LineSink } from "../line-sink.ts";
import { askRuntime } from "./ask-runtime.ts";
import { RuntimeDoor } from "./runtime-door.ts";

let directory = "";
let socketPath = "";

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ask-runtime-"));
  socketPath = path.join(directory, "runtime.sock");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Everything that is answered, with what it was asked for. */
async function heard(signal: AbortSignal, onLine: () => void = () => undefined): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of askRuntime(socketPath, { command: "events" }, signal)) {
    answers.push(answer);
    onLine();
  }
  return answers;
}

function door(answer: (sink: LineSink) => void): RuntimeDoor {
  return new RuntimeDoor({ socketPath, answer: (_request, sink) => answer(sink) });
}

it("gives the lines until the agent ends them", async () => {
  await using opened = door((sink) => {
    for (const number of [1, 2]) sink.write({ number });
    sink.end();
  });
  await opened.listen();
  expect(await heard(AbortSignal.any([]))).toEqual([{ number: 1 }, { number: 2 }]);
});

it("ends without a failure when it is told to, while the agent goes on", async () => {
  const ended = new AbortController();
  await using opened = door((sink) => sink.write({ number: 1 }));
  await opened.listen();
  expect(await heard(ended.signal, () => ended.abort())).toEqual([{ number: 1 }]);
});

it("ends at once when it was told to before", async () => {
  await using opened = door(() => undefined);
  await opened.listen();
  expect(await heard(AbortSignal.abort())).toEqual([]);
});

it("says so where no agent watches", async () => {
  await expect(heard(AbortSignal.any([]))).rejects.toMatchObject({ code: "RUNTIME_UNAVAILABLE" });
});
