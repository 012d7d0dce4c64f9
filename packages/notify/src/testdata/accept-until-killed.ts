// A process that accepts and delivers notifications until somebody kills it. It writes down each number once
// the dispatcher has taken it over. Arguments: the store's file, the receiver's URL, the first number.
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { channelKinds, Dispatcher, parseRouting } from "../index.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { inputOf } from "./notifications.ts";
import { effectsOf } from "./peers.ts";

const [file = "", url = "", first = "0"] = process.argv.slice(2);
const kind = channelKinds.find(({ name }) => name === "webhook");
const channel = kind?.open({ url, secret: "a shared secret of some length", allowPlainHttp: true }, effectsOf());
const routing = parseRouting(
  { fallback: ["hook"], timing: { waitSeconds: 0, intervalSeconds: 0, repeatSeconds: 0 } },
  new Set(["hook"]),
);
const dispatcher = await Dispatcher.open({
  store: new SqliteStore(file),
  routing: () => routing,
  channel: () => channel,
  now: Date.now,
  random: Math.random,
  newId: () => crypto.randomUUID(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
});
const { signal } = new AbortController();
for (let number = Number(first); ; number += 1) {
  await dispatcher.accept([
    inputOf({ id: `${number}`, dedupKey: `${number}`, subject: { kind: "number", id: `${number}` } }),
  ]);
  writeSync(1, `${number}\n`);
  if (number % 3 === 0) await dispatcher.tick(signal);
}
