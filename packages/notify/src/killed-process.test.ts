import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { channelKinds, Dispatcher, parseRouting } from "./index.ts";
import { effectsOf, listenHttp } from "./testdata/peers.ts";
import { SqliteStore } from "./testdata/sqlite-store.ts";

const script = path.join(import.meta.dirname, "testdata", "accept-until-killed.ts");

/** Runs the process until it has told of so many numbers, and kills it without a word. */
async function killAfter(count: number, args: readonly string[]): Promise<readonly number[]> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const numbers: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    numbers.push(Number(line));
    if (numbers.length === count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return numbers;
}

it("loses nothing that it took over when it is killed", { timeout: 60_000 }, async () => {
  using directory = tempDirectory();
  await using server = await listenHttp((response) => response.end("ok"), { tls: false });
  const file = path.join(directory.path, "pending.sqlite");
  const accepted: number[] = [];
  for (const count of [1, 5, 8, 17]) {
    accepted.push(...(await killAfter(count, [file, server.url, String(accepted.length * 1000)])));
  }

  using store = new SqliteStore(file);
  const kind = channelKinds.find(({ name }) => name === "webhook");
  const channel = kind?.open(
    { url: server.url, secret: "a shared secret of some length", allowPlainHttp: true },
    effectsOf(),
  );
  const routing = parseRouting({}, new Set());
  const later = Date.now() + 3_600_000;
  const dispatcher = await Dispatcher.open({
    store,
    routing: () => routing,
    channel: () => channel,
    now: () => later,
    random: () => 0,
    newId: () => crypto.randomUUID(),
    sleep: async () => undefined,
  });
  const { signal } = new AbortController();
  while (dispatcher.status().waiting + dispatcher.status().grouped > 0) await dispatcher.tick(signal);

  const told = server.requests.flatMap(({ body }) => {
    const message: { readonly items: readonly { readonly subject: { readonly id: string } }[] } =
      JSON.parse(body);
    return message.items.map(({ subject }) => Number(subject.id));
  });
  expect(accepted.length).toBeGreaterThanOrEqual(31);
  expect(accepted.filter((number) => !told.includes(number))).toEqual([]);
  expect(dispatcher.status()).toEqual({ grouped: 0, waiting: 0, dead: 0, oldestAtMs: undefined });
});
