import type { ProfilesReport } from "@pratique/api";
import { parseDigest } from "@pratique/core";
import { beforeEach, expect, it, vi } from "vitest";
import { AgentError } from "../errors.ts";
import { ProfileShipper } from "./profile-shipper.ts";

const digestOf = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);
const HOUR_MS = 3_600_000;

let now: number;
let profiles: { image: string; mode: string; lastEventAt?: number }[];
let sent: ProfilesReport[];
let refuse: Error | undefined;
let runtime: "up" | "down" | "off";
let complaints: string[];

beforeEach(() => {
  now = 10 * HOUR_MS;
  profiles = [];
  sent = [];
  refuse = undefined;
  runtime = "up";
  complaints = [];
});

function shipper(): ProfileShipper {
  return new ProfileShipper({
    ask: async (request) => {
      if (runtime === "down") throw new AgentError("RUNTIME_UNAVAILABLE", "nobody watches");
      if (runtime === "off") return { refused: "nothing is learned here" };
      if (request.command === "profiles") return { profiles, leftOut: 0 };
      const image = "image" in request ? request.image : "";
      return { image, names: ["shop:1"], lastEventAt: now, learning: { version: 1 } };
    },
    send: async (report) => {
      if (refuse !== undefined) throw refuse;
      sent.push(report);
    },
    architecture: "amd64",
    elapsedMs: () => now,
    log: { info: () => undefined, warn: (_, message) => void complaints.push(message) },
  });
}

const shipped = () =>
  sent.splice(0).map((report) => report.profiles.map(({ image }) => image.slice(7, 8)).join(""));

it("tells each profile once, and again when it has changed", async () => {
  const one = shipper();
  profiles = [
    { image: digestOf("a"), mode: "learn" },
    { image: digestOf("b"), mode: "learn" },
  ];
  await one.ship();
  expect(sent[0]).toMatchObject({ known: [digestOf("a"), digestOf("b")], leftOut: 0 });
  expect(sent[0]?.profiles[0]).toMatchObject({
    names: ["shop:1"],
    architecture: "amd64",
    learning: { version: 1 },
  });
  expect(shipped()).toEqual(["a", "b"]);
  await one.ship();
  expect(shipped()).toEqual([]);
  profiles = [
    { image: digestOf("a"), mode: "watch", lastEventAt: now },
    { image: digestOf("b"), mode: "learn", lastEventAt: now },
  ];
  await one.ship();
  expect(shipped()).toEqual(["a"]);
});

it("tells what looks the same again after an hour in which something happened, and when it was touched", async () => {
  const one = shipper();
  profiles = [{ image: digestOf("a"), mode: "learn", lastEventAt: now }];
  await one.ship();
  now += 2 * HOUR_MS;
  await one.ship();
  expect(shipped()).toEqual(["a"]);
  profiles = [{ image: digestOf("a"), mode: "learn", lastEventAt: now }];
  await one.ship();
  expect(shipped()).toEqual(["a"]);
  one.touch(digestOf("a"));
  await one.ship();
  expect(shipped()).toEqual(["a"]);
});

it("says which are there where one has gone", async () => {
  const one = shipper();
  profiles = [{ image: digestOf("a"), mode: "learn" }];
  await one.ship();
  sent = [];
  profiles = [];
  await one.ship();
  expect(sent).toEqual([{ known: [], leftOut: 0, profiles: [] }]);
});

it("tells again what the server did not hear, and everything after a restart", async () => {
  const one = shipper();
  profiles = [{ image: digestOf("a"), mode: "learn" }];
  refuse = new AgentError("SERVER_UNREACHABLE", "down");
  await expect(one.ship()).rejects.toThrow("down");
  refuse = undefined;
  await one.ship();
  expect(shipped()).toEqual(["a"]);
  await shipper().ship();
  expect(shipped()).toEqual(["a"]);
});

it("goes on with the others where the server refuses one", async () => {
  const one = shipper();
  profiles = [{ image: digestOf("a"), mode: "learn" }];
  refuse = new AgentError("SERVER_REFUSED", "malformed");
  await one.ship();
  expect(complaints).toEqual(["the server did not take a profile"]);
  refuse = undefined;
  await one.ship();
  expect(shipped()).toEqual([]);
});

it.each(["down", "off"] as const)("says nothing where the watch is %s", async (state) => {
  runtime = state;
  profiles = [{ image: digestOf("a"), mode: "learn" }];
  await shipper().ship();
  expect(sent).toEqual([]);
});

it("tells at once of a profile that a person has said something about, and ends with the signal", async () => {
  const ended = new AbortController();
  const one = shipper();
  profiles = [{ image: digestOf("a"), mode: "learn" }];
  const running = one.run({
    signal: ended.signal,
    sleep: (_, signal) =>
      new Promise((__, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  one.touch(digestOf("a"));
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  ended.abort();
  await running;
});
