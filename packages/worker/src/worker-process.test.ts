import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WorkerProcess, type WorkerProgram } from "./worker-process.ts";

const module = path.join(import.meta.dirname, "testdata/toy-worker.ts");

interface Said {
  readonly id: number;
  readonly said: unknown;
}

type Toy = WorkerProcess<{ readonly id: number; readonly name: string }, Said>;

const toys: Toy[] = [];

afterEach(() => {
  for (const toy of toys.splice(0)) toy.close();
});

function toyWith(program: Partial<WorkerProgram> = {}, { idleMs = 60_000 } = {}): Toy {
  const toy: Toy = new WorkerProcess({
    program: { module, args: [], ...program },
    parseAnswer: (message) => (isSaid(message) ? message : undefined),
    idleMs,
  });
  toys.push(toy);
  return toy;
}

function isSaid(message: unknown): message is Said {
  return typeof message === "object" && message !== null && "said" in message;
}

/** Does a task to its first answer. */
async function ask(
  toy: Toy,
  name: string,
  { deadlineMs = 60_000, signal = new AbortController().signal } = {},
) {
  const end = await toy.run({ name }, { deadlineMs, signal, onAnswer: ({ said }) => String(said) });
  return end.kind === "done" ? end.result : `ended: ${end.reason}`;
}

/** Waits until a process has ended. */
async function expectGone(pid: string): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH"), { timeout: 20_000 });
}

it("does one task after the other in one process", async () => {
  const toy = toyWith();
  const first = await ask(toy, "pid");
  expect(first).toMatch(/^\d+$/u);
  expect(await ask(toy, "pid")).toBe(first);
});

describe.each([
  ["dies", "it ended by itself"],
  ["hangs", "it took too long"],
  ["garbage", "it answered in no form that is known"],
  ["grows", "it took too much memory"],
])("a process that %s", (name, reason) => {
  it("ends with its task, and the next task has another", async () => {
    const toy = toyWith({ memoryMiB: 100 });
    const before = await ask(toy, "pid");
    const deadlineMs = name === "hangs" ? 50 : 60_000;
    expect(await ask(toy, name, { deadlineMs })).toBe(`ended: ${reason}`);
    await expectGone(before);
    const after = await ask(toy, "pid");
    expect(after).toMatch(/^\d+$/u);
    expect(after).not.toBe(before);
  });
});

it("is killed by whoever closes it, and starts anew with the next task", async () => {
  const toy = toyWith();
  const before = await ask(toy, "pid");
  const hanging = ask(toy, "hangs");
  toy.close();
  expect(await hanging).toBe("ended: it ended by itself");
  expect(await ask(toy, "pid")).not.toBe(before);
});

it("rejects with the reason of the signal, and has killed the process", async () => {
  const toy = toyWith();
  const before = await ask(toy, "pid");
  const told = new AbortController();
  const hanging = ask(toy, "hangs", { signal: told.signal });
  told.abort(new Error("enough"));
  await expect(hanging).rejects.toThrow("enough");
  await expectGone(before);
  await expect(ask(toy, "pid", { signal: told.signal })).rejects.toThrow("enough");
});

it("kills a process whose answer cannot be taken", async () => {
  const toy = toyWith();
  const before = await ask(toy, "pid");
  const onAnswer = () => Promise.reject(new Error("there is no room for it"));
  await expect(toy.run({ name: "twice" }, { deadlineMs: 60_000, onAnswer })).rejects.toThrow("no room");
  await expectGone(before);
});

it("takes the first of two answers", async () => {
  const toy = toyWith();
  expect(await ask(toy, "twice")).toBe("first");
  expect(await ask(toy, "pid")).toMatch(/^\d+$/u);
});

it("hears nothing of a task that has ended", async () => {
  const toy = toyWith();
  expect(await ask(toy, "late")).toBe("for now");
  expect(await ask(toy, "after-late")).toBe("of this task");
});

it("talks with the process while that is at a task", async () => {
  const heard: unknown[] = [];
  const end = await toyWith().run<string>(
    { name: "asks" },
    {
      deadlineMs: 60_000,
      onAnswer: async ({ said }, reply) => {
        heard.push(said);
        if (said !== "?") return String(said);
        reply({ name: "go-on" });
        return undefined;
      },
    },
  );
  expect(end).toEqual({ kind: "done", result: "it was told to go on" });
  expect(heard).toEqual(["?", "it was told to go on"]);
});

it("tells of a process that cannot be started, each time", async () => {
  const { execPath } = process;
  const toy = toyWith();
  process.execPath = path.join(import.meta.dirname, "no-such-program");
  try {
    expect(await ask(toy, "pid")).toContain("ENOENT");
    expect(await ask(toy, "pid")).toContain("ENOENT");
  } finally {
    process.execPath = execPath;
  }
  expect(await ask(toy, "pid")).toMatch(/^\d+$/u);
});

it("tells of a process that the system does not take at all, as where no more files can be opened", async () => {
  expect(await ask(toyWith({ args: ["\0"] }), "pid")).toContain("null bytes");
});

it.each(["pid", "stays"])("ends a process that has had no task for a while, after %s", async (name) => {
  const toy = toyWith({}, { idleMs: 20 });
  await expectGone(await ask(toy, name));
});

it("has another process after 200 tasks", async () => {
  const toy = toyWith();
  const first = await ask(toy, "pid");
  for (let task = 1; task < 200; task += 1) expect(await ask(toy, "pid")).toBe(first);
  expect(await ask(toy, "pid")).not.toBe(first);
});

it("has the environment, the heap and the patience that the program says", async () => {
  const toy = toyWith({ environment: { NICE: "weather" }, memoryMiB: 123, niceness: 7 });
  expect(await ask(toy, "nice")).toBe("weather");
  const pid = Number(await ask(toy, "pid"));
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")).toContain("--max-old-space-size=123");
  expect(getPriority(pid)).toBe(7);
});
