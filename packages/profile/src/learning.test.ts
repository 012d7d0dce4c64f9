import { parseDigest } from "@pratique/core";
import { beforeEach, describe, expect, it } from "vitest";
import { pathItem, subjectItem } from "./item.ts";
import { ImageLearner } from "./learning.ts";
import { defaultLearningSettings } from "./learning-settings.ts";
import { beginLearning } from "./learning-state.ts";
import { Profile } from "./profile.ts";
import { image, letters } from "./testdata/arbitrary-profile.ts";
import {
  connectionOf,
  container,
  detectionOf,
  eventOf,
  executionOf,
  main,
  processOf,
  writeOf,
} from "./testdata/events.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const options = { host: "host1", sight: { systemCalls: "some", capabilities: "implied" } } as const;
const shell = processOf({ pid: 2000, exePath: "/bin/sh", startedAt: 500 });
const child = processOf({ pid: 2001, exePath: "/bin/id", parent: shell, startedAt: 600 });

let learner: ImageLearner;

beforeEach(() => {
  learner = new ImageLearner(options, beginLearning(image));
});

/** Has learned a program, and watches. */
function watching(): ImageLearner {
  learner.observe(executionOf("/bin/app"));
  learner.advance(1000 + DAY);
  return learner;
}

describe("the modes", () => {
  it("go from learning to watching by time, and no further without a person", () => {
    expect(learner.status()).toMatchObject({ mode: "learn", since: undefined, waitsFor: "the first event" });
    learner.observe(executionOf("/bin/app"));
    expect(learner.status()).toMatchObject({ since: 1000, until: 1000 + DAY, waitsFor: undefined });
    expect(learner.advance(999 + DAY)).toEqual([]);
    expect(learner.advance(1000 + DAY)).toEqual([{ mode: "watch", at: 1000 + DAY, by: "timer" }]);
    expect(learner.advance(1000 + 400 * DAY)).toEqual([]);
    expect(learner.status()).toMatchObject({ mode: "watch", until: undefined, waitsFor: "a person" });
  });

  it("take as long as they are to where the clock was years ahead when they began", () => {
    learner.observe(executionOf("/bin/app", { time: 3653 * DAY }));
    expect(learner.advance(1000)).toEqual([]);
    expect(learner.status()).toMatchObject({ since: 1000, until: 1000 + DAY });
    expect(learner.advance(1000 + DAY)).toMatchObject([{ mode: "watch" }]);
  });

  it("go on to enforcing where that was configured, once no deviation is open", () => {
    learner.setSettings({ afterWatch: "enforce" });
    watching().observe(executionOf("/bin/id", { time: 2 * DAY }));
    expect(learner.advance(20 * DAY)).toEqual([]);
    expect(learner.status().waitsFor).toBe("a person: deviations are open");
    for (const open of learner.status().open) learner.accept(open.item, "ada", 20 * DAY);
    expect(learner.advance(20 * DAY)).toEqual([{ mode: "enforce", at: 20 * DAY, by: "timer" }]);
    expect(learner.enforcement()?.programs).toEqual(["/bin/app", "/bin/id"]);
  });

  it("change when a person says so", () => {
    watching();
    expect(learner.enforcement()).toBeUndefined();
    learner.setMode("enforce", "ada", 5 * DAY);
    expect(learner.enforcement()).toBeDefined();
    expect(learner.toDocument().transitions.at(-1)).toEqual({ mode: "enforce", at: 5 * DAY, by: "ada" });
  });

  it("do not enforce what is empty", () => {
    const code = "MODE_NOT_ALLOWED";
    expect(() => learner.setMode("enforce", "ada", 1)).toThrow(expect.objectContaining({ code }));
  });

  it("learn on until a program ran", () => {
    learner.observe(eventOf("container"));
    expect(learner.advance(1000 + DAY)).toEqual([]);
    expect(learner.status().waitsFor).toBe("a program to run");
  });

  it.each([{ learnMs: -1 }, { learnMs: 1.5 }, { settleMs: 2 * DAY }, { forgetMs: 1 }, { watchMs: Infinity }])(
    "refuse the settings %j",
    (settings) => {
      const code = "MODE_NOT_ALLOWED";
      expect(() => learner.setSettings(settings)).toThrow(expect.objectContaining({ code }));
      expect(learner.toDocument().settings).toEqual(defaultLearningSettings);
    },
  );
});

describe("learning", () => {
  it("takes in what has settled, and nothing sooner", () => {
    learner.observe(writeOf("/data/a"));
    learner.advance(1000 + 10 * MINUTE - 1);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(false);
    learner.advance(1000 + 10 * MINUTE);
    expect(learner.profile.list("write")).toMatchObject([{ value: "/data/a", first: 1000, last: 1000 }]);
  });

  it("leaves other images and the host alone", () => {
    const other = { ...container, imageId: parseDigest(`sha256:${"b".repeat(64)}`) };
    learner.observe(writeOf("/data/a", { container: other }));
    learner.observe(writeOf("/data/a", { container: { ...container, imageId: undefined } }));
    learner.observe(writeOf("/data/a", { container: undefined }));
    expect(learner.status()).toMatchObject({ candidates: 0, since: undefined });
  });

  it("notes from how many containers it learned, and what the source saw", () => {
    learner.observe(writeOf("/data/a"));
    learner.observe(writeOf("/data/a", { container: { ...container, id: "d".repeat(64) } }));
    expect(learner.profile.origins).toEqual({ containers: 2, hosts: 1 });
    expect(learner.profile.sight).toEqual(options.sight);
  });

  it("takes back what a detection spoils, with all that came of it", () => {
    learner.observe(writeOf("/data/a", { process: main }));
    learner.observe(executionOf("/bin/sh", { process: shell }));
    learner.observe(executionOf("/bin/id", { process: child }));
    learner.detected(detectionOf("warning", shell.pid));
    learner.observe(writeOf("/tmp/loot", { process: child, time: 2000 }));
    learner.advance(DAY);
    expect(learner.profile.list("executable")).toEqual([]);
    expect(learner.profile.list("write").map(({ value }) => value)).toEqual(["/data/a"]);
    const withheld = learner.status().withheld.filter(({ item: { kind } }) => kind === "write");
    expect(withheld).toMatchObject([{ item: { value: "/tmp/loot" }, rule: "Something bad" }]);
  });

  it("keeps what somebody else did, too", () => {
    learner.observe(writeOf("/data/a", { process: shell }));
    learner.observe(writeOf("/data/a", { process: main }));
    learner.detected(detectionOf("warning", shell.pid));
    learner.advance(DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(true);
  });

  it("does not blame a later process for the number of an earlier one", () => {
    learner.detected(detectionOf("warning", shell.pid, 1000));
    learner.observe(writeOf("/data/a", { process: { ...shell, startedAt: 5000 }, time: 5001 }));
    learner.advance(DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(true);
  });

  it("learns nothing more of a container after an urgent detection", () => {
    learner.detected(detectionOf("critical", shell.pid));
    learner.observe(writeOf("/data/a", { process: main }));
    learner.advance(DAY);
    expect(learner.profile.list("write")).toEqual([]);
  });

  it("takes in contents and layers of programs, once the source knows them", () => {
    learner.observe(executionOf("/bin/sh"));
    learner.advance(HOUR);
    learner.observe(executionOf("/bin/sh", { time: HOUR }), {
      executableLayer: "image",
      executableSha256: "a".repeat(64),
    });
    learner.advance(2 * HOUR);
    expect(learner.profile.list("hash")).toMatchObject([{ subject: "/bin/sh", value: "a".repeat(64) }]);
    expect(learner.profile.list("executable")).toMatchObject([{ value: "image" }, { value: "unknown" }]);
  });

  it("counts what it could not hold, and learns it when it is seen again", () => {
    for (let number = 0; number < 1200; number += 1) learner.observe(executionOf(`/bin/${letters(number)}`));
    expect(learner.status().missed).toBeGreaterThan(0);
    learner.advance(HOUR);
    learner.observe(writeOf("/data/a", { time: HOUR }));
    learner.advance(2 * HOUR);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(true);
  });

  it("is not held up by detections of less weight", () => {
    learner.observe(writeOf("/data/a", { process: shell }));
    learner.detected(detectionOf("notice", shell.pid));
    learner.advance(DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(true);
  });

  it("waits for a person when there were too many detections", () => {
    learner.observe(executionOf("/bin/app"));
    for (let pid = 0; pid < 300; pid += 1) learner.detected(detectionOf("warning", 10_000 + pid));
    learner.observe(writeOf("/data/a"));
    expect(learner.advance(2 * DAY)).toEqual([]);
    expect(learner.status().waitsFor).toBe("a person: too many detections");
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(false);
    learner.setMode("learn", "ada", 2 * DAY);
    expect(learner.status().waitsFor).toBeUndefined();
  });

  it("never learns what a person said no to, and tells it", () => {
    learner.reject(pathItem("write", "/data/a"), "ada", 1);
    expect(learner.observe(writeOf("/data/a"))).toMatchObject([{ reason: "rejected" }]);
    learner.advance(DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(false);
  });

  it("forgets what no container did for long, though some were started since", () => {
    learner.observe(writeOf("/data/a"));
    learner.advance(DAY);
    learner.advance(40 * DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(true);
    learner.observe(eventOf("container", { time: 35 * DAY }));
    learner.advance(40 * DAY);
    expect(learner.profile.knows(pathItem("write", "/data/a"))).toBe(false);
  });
});

describe("watching", () => {
  it("tells what is new once, and again after a while", () => {
    watching();
    const told = (time: number) =>
      learner
        .observe(connectionOf("192.0.2.1", 443, { time }))
        .filter(({ item: { kind } }) => kind === "peer");
    expect(told(2 * DAY)).toHaveLength(1);
    expect(told(2 * DAY + HOUR - 1)).toHaveLength(0);
    expect(told(2 * DAY + HOUR)).toHaveLength(1);
    const open = learner.status().open.filter(({ item: { kind } }) => kind === "peer");
    expect(open).toMatchObject([{ count: 3, span: { first: 2 * DAY, last: 2 * DAY + HOUR } }]);
  });

  it("tells nothing that was seen while it learned, settled or not", () => {
    learner.observe(executionOf("/bin/app"));
    learner.observe(writeOf("/data/late", { time: DAY + 999 }));
    learner.advance(1000 + DAY);
    expect(learner.mode).toBe("watch");
    expect(learner.observe(writeOf("/data/late", { time: DAY + 2000 }))).toEqual([]);
  });

  it("does not learn by itself, only what a person accepts or another host learned", () => {
    watching();
    const write = pathItem("write", "/data/a");
    learner.observe(writeOf("/data/a", { time: 2 * DAY }));
    learner.advance(5 * DAY);
    expect(learner.profile.knows(write)).toBe(false);
    const other = new Profile(image);
    other.learn(write, { first: 1, last: 2 });
    learner.adopt(other);
    expect(learner.profile.knows(write)).toBe(true);
    expect(learner.status().open.some(({ item: { kind } }) => kind === "write")).toBe(false);
  });

  it("remembers a bounded number of open deviations", () => {
    watching();
    for (let number = 0; number < 2000; number += 1) learner.observe(writeOf(`/data/${letters(number)}`));
    expect(learner.status().open.length).toBeLessThanOrEqual(256);
  });
});

describe("a restart", () => {
  it.each<readonly [string, object, string]>([
    ["another version", { version: 9 }, "PROFILE_VERSION_UNKNOWN"],
    ["an unknown mode", { mode: "panic" }, "PROFILE_MALFORMED"],
    ["an unknown member", { more: true }, "PROFILE_MALFORMED"],
    ["another image than its profile's", { image: `sha256:${"b".repeat(64)}` }, "PROFILE_MALFORMED"],
    [
      "settings that cannot be",
      { settings: { ...defaultLearningSettings, forgetMs: 1 } },
      "PROFILE_MALFORMED",
    ],
    ["a time before 1970", { since: -1 }, "PROFILE_MALFORMED"],
  ])("refuses %s", (_, change, code) => {
    watching();
    const document = { ...learner.toDocument(), ...change };
    expect(() => ImageLearner.restore(options, document)).toThrow(expect.objectContaining({ code }));
  });

  it("holds a bounded document, whatever happens", () => {
    for (let number = 0; number < 20_000; number += 1) {
      const name = `/${letters(number % 50)}/${letters(number)}/${"x".repeat(200)}`;
      const deep = processOf({ pid: number, exePath: name, parent: child });
      learner.observe(executionOf(name, { process: deep, time: number * MINUTE }));
      learner.observe(writeOf(name, { process: deep, time: number * MINUTE }));
      if (number % 50 === 0) learner.detected(detectionOf("warning", number));
      if (number % 500 === 0) learner.advance(number * MINUTE);
    }
    expect(JSON.stringify(learner.toDocument()).length).toBeLessThan(8 * 1024 * 1024);
  });
});

it("accepts a program before it ran", () => {
  watching();
  learner.accept(subjectItem("executable", "/bin/tool", "image"), "ada", 5);
  const told = learner.observe(executionOf("/bin/tool", { time: 2 * DAY }), { executableLayer: "image" });
  expect(told.map(({ item: { kind } }) => kind)).toEqual(["parent"]);
});
