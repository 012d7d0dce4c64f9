import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AuditEvent, AuditSink } from "@pratique/core";
import { ImageLearner, readItem } from "@pratique/profile";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerProfile } from "./answer-profile.ts";
import { DEVIATION_RULE } from "./deviation-match.ts";
import { Learning } from "./learning.ts";
import { ProfileFiles } from "./profile-files.ts";
import { profileRequests } from "./profile-requests.ts";
import { eventOf, executionOf, imageOf, type TestEvent, testFacts, writeOf } from "./testdata/events.ts";

const DAY_MS = 86_400_000;
const image = imageOf("a");

let temporary: TempDirectory;
let directory: string;
let now: number;
let records: AuditEvent[];
let complaints: string[];

beforeEach(() => {
  temporary = tempDirectory();
  directory = temporary.at("profiles");
  now = 1000;
  records = [];
  complaints = [];
});

afterEach(() => temporary[Symbol.dispose]());

function begin(maxProfiles = 8): Learning<TestEvent> {
  const audit: AuditSink = {
    append: (event) => {
      records.push(event);
      return { ...event, sequence: records.length, time: "", previousHash: "", hash: "" };
    },
  };
  const learning = new Learning<TestEvent>({
    hostName: "host1",
    facts: testFacts,
    files: new ProfileFiles(directory),
    audit,
    now: () => now,
    elapsedMs: () => now,
    log: { info: () => undefined, warn: (_, message) => void complaints.push(message) },
    maxProfiles,
  });
  learning.load();
  return learning;
}

function watchAfterLearning(): Learning<TestEvent> {
  const learning = begin();
  learning.observe(eventOf("execve"));
  learning.observe(writeOf("/data/kept"));
  now += 2 * DAY_MS;
  learning.tick();
  return learning;
}

const told = (learning: Learning<TestEvent>, event: TestEvent) =>
  learning.observe({ ...event, time: now }).map((match) => match.parts()[0]?.value);

describe("learning", () => {
  it("tells nothing while it learns, then what is new, with what it was before", () => {
    const learning = watchAfterLearning();
    expect(told(learning, writeOf("/data/kept"))).toEqual([]);
    const [match] = learning.observe({ ...executionOf("/tmp/tool", { layer: "added" }), time: now });
    expect(match?.rule).toMatchObject({ name: DEVIATION_RULE, priority: "error", action: undefined });
    expect(match?.rule.tags).toContain("profile_executable");
    expect(match?.parts()[0]).toMatchObject({
      field: "profile.executable",
      value: "executable:/tmp/tool=added",
      text: expect.stringContaining("it was /bin/app"),
    });
  });

  it("records who changed a mode: the time, or a person", () => {
    const learning = watchAfterLearning();
    learning.setMode(image, { mode: "learn", by: "uid:7" });
    expect(records.map(({ action, actor, data }) => [action, actor, data.mode])).toEqual([
      ["profile.mode-changed", "agent", "watch"],
      ["profile.mode-changed", "uid:7", "learn"],
    ]);
  });

  it("goes on after a restart as if there had been none", () => {
    watchAfterLearning().close();
    const again = begin();
    expect(again.find(image)).toMatchObject({ names: ["shop:1"] });
    expect(told(again, writeOf("/data/kept"))).toEqual([]);
    expect(told(again, writeOf("/data/new"))).toEqual(["write:/data/new"]);
  });

  it("keeps a person's words at once, whatever becomes of the process", () => {
    const learning = watchAfterLearning();
    learning.decide(image, readItem("write:/data/new"), { verdict: "accepted", by: "uid:7" });
    expect(told(begin(), writeOf("/data/new"))).toEqual([]);
    expect(records.at(-1)).toMatchObject({ action: "profile.accepted", actor: "uid:7", class: "settings" });
  });

  it("learns nothing of whoever matched a rule, though nobody is told of it", () => {
    const learning = begin();
    learning.observe(eventOf("execve"));
    const attack = executionOf("/tmp/tool", { layer: "added" });
    const rule = {
      name: "Drift",
      description: "",
      priority: "warning",
      tags: [],
      action: undefined,
    } as const;
    learning.observe(attack);
    learning.matched({ rule, event: attack });
    now += 2 * DAY_MS;
    learning.tick();
    const items = learning
      .find(image)
      ?.learner.profile.list("executable")
      .map(({ subject }) => subject);
    expect(items).toEqual(["/bin/app"]);
    expect(
      learning
        .find(image)
        ?.learner.status()
        .withheld.map(({ rule: by }) => by),
    ).toContain("Drift");
  });

  it("takes what is done over and over for one, and another process for another", () => {
    const learning = begin();
    for (let round = 0; round < 100; round += 1) learning.observe(writeOf("/data/kept"));
    learning.tick();
    learning.setMode(image, { mode: "watch", by: "uid:7" });
    now += 60_000;
    const rounds = Array.from({ length: 100 }, () => told(learning, writeOf("/data/new")));
    expect(rounds.flat()).toEqual(["write:/data/new"]);
    expect(learning.find(image)?.learner.status().open[0]?.count).toBe(1);
  });

  it("learns nothing of the host, of failures, and of what no profile reads", () => {
    const learning = begin();
    learning.observe(eventOf("execve", { scope: "", container: undefined }));
    learning.observe(eventOf("openat", { result: -13 }));
    learning.observe(eventOf("recvfrom"));
    expect(learning.all()).toEqual([]);
  });

  it("has a bounded number of profiles, and gives none away that a person looked at", () => {
    const learning = begin(2);
    learning.observe(eventOf("execve", { image: imageOf("a") }));
    learning.observe(eventOf("execve", { image: imageOf("b"), time: 2000 }));
    learning.setMode(imageOf("a"), { mode: "watch", by: "uid:7" });
    learning.observe(eventOf("execve", { image: imageOf("c"), time: 3000 }));
    expect(learning.leftOut).toBe(1);
    learning.observe(eventOf("execve", { image: imageOf("c"), time: 2 * DAY_MS }));
    expect(learning.all().map((each) => each.image)).toEqual([imageOf("a"), imageOf("c")]);
    expect(learning.leftOut).toBe(0);
  });

  it("puts a file aside that is no profile, and says so", () => {
    watchAfterLearning().close();
    const [name = ""] = readdirSync(directory);
    const file = path.join(directory, name);
    writeFileSync(file, readFileSync(file, "utf8").replace('"mode":"watch"', '"mode":"trust"'));
    expect(begin().all()).toEqual([]);
    expect(complaints).toEqual(["a learned profile was refused"]);
    expect(readdirSync(directory)).toEqual([`${name}.refused`]);
  });
});

describe("an answer about profiles", () => {
  const ask = (learning: Learning<TestEvent>, request: object) =>
    answerProfile(
      profileRequests.map((schema) => schema.safeParse(request)).find(({ success }) => success)?.data ??
        fail(),
      {
        learning,
        inUse: (of) => (of === image ? inUse : undefined),
        engine: "unix:///run/engine.sock",
        imageNamed: async (name) => (name === "moved:1" ? imageOf("f") : undefined),
      },
    );
  const inUse = { since: 1, until: 2, isWhole: true, executed: ["/bin/app"], loaded: ["/lib/libc.so.6"] };
  const fail = (): never => {
    throw new Error("no such request");
  };

  it("tells which files are in use, and in a list how many", async () => {
    const learning = watchAfterLearning();
    expect(await ask(learning, { command: "profile-document", image })).toMatchObject({ image, inUse });
    expect(await ask(learning, { command: "profiles" })).toMatchObject({
      profiles: [{ image, filesInUse: 2, filesInUseWhole: true }],
    });
  });

  it("finds an image by name, by digest and by the beginning of it", async () => {
    const learning = watchAfterLearning();
    for (const name of ["shop:1", image, "a".repeat(12)]) {
      expect(await ask(learning, { command: "profile", image: name })).toMatchObject({
        image,
        mode: "watch",
      });
    }
  });

  it.each(["other:1", "moved:1", imageOf("f"), "f".repeat(12)])(
    "refuses %s, of which nothing was learned",
    async (name) => {
      const asked = ask(watchAfterLearning(), { command: "profile", image: name });
      await expect(asked).rejects.toThrow("nothing was learned");
    },
  );

  it("names each deviation by what accepts it", async () => {
    const learning = watchAfterLearning();
    told(learning, writeOf("/data/new"));
    const accept = {
      command: "profile-decide",
      image: "shop:1",
      item: "write:/data/new",
      verdict: "accepted",
      by: "uid:7",
    };
    expect(await ask(learning, { command: "profile", image: "shop:1" })).toMatchObject({
      open: [{ name: "write:/data/new" }],
    });
    expect(await ask(learning, accept)).toMatchObject({ openDeviations: 0, item: "write:/data/new" });
  });

  it.each([
    ["seccomp", "SCMP_ACT_ERRNO"],
    ["docker", "--cap-drop\nALL\n"],
    ["compose", "read_only: true"],
    ["kubernetes", "kind: NetworkPolicy"],
    ["json", '"readOnlyRoot": true'],
  ])("exports as %s", async (format, text) => {
    const exported = await ask(watchAfterLearning(), { command: "profile-export", image: "shop:1", format });
    expect(exported).toMatchObject({ mode: "watch", unknown: [], text: expect.stringContaining(text) });
  });

  it("says how it is to be tried, and in which engine", async () => {
    const replay = await ask(watchAfterLearning(), { command: "profile-replay", image: "shop:1" });
    expect(replay).toMatchObject({
      image,
      engine: "unix:///run/engine.sock",
      mode: "watch",
      hardening: { readOnlyRoot: true },
      steps: expect.arrayContaining([
        expect.objectContaining({ action: "write", expected: "works" }),
        expect.objectContaining({ action: "write", target: "/etc/pratique-replay", expected: "refused" }),
      ]),
    });
  });

  it("begins afresh where somebody says so, and keeps what people said and the times that they set", async () => {
    const learning = watchAfterLearning();
    learning.decide(image, readItem("write:/data/ours"), { verdict: "accepted", by: "uid:7" });
    learning.decide(image, readItem("write:/etc/crontab"), { verdict: "rejected", by: "uid:7" });
    const settings = { learnMs: DAY_MS * 2 };
    const request = {
      command: "profile-mode",
      image: "shop:1",
      mode: "learn",
      settings,
      afresh: true,
      by: "uid:8",
    };
    expect(await ask(learning, request)).toMatchObject({ mode: "learn", counts: { write: 1 } });
    expect(await ask(begin(), { command: "profile", image: "shop:1" })).toMatchObject({
      settings,
      items: [{ name: "write:/data/ours" }],
      decisions: [{ verdict: "accepted" }, { verdict: "rejected" }],
    });
    expect(records.at(-1)).toMatchObject({ actor: "uid:8", data: { mode: "learn", afresh: true } });
    await expect(ask(learning, { ...request, mode: "watch" })).rejects.toThrow("expected to learn afresh");
  });

  it("gives what the server keeps: a whole document, without what waits to be learned", async () => {
    const learning = watchAfterLearning();
    learning.observe(writeOf("/data/waits"));
    const answer = await ask(learning, { command: "profile-document", image });
    expect(answer).toMatchObject({
      image,
      names: ["shop:1"],
      learning: { mode: "watch", candidates: [], taints: [] },
    });
    const restored = ImageLearner.restore(
      { host: "", sight: { systemCalls: "some", capabilities: "implied" } },
      "learning" in answer ? answer.learning : undefined,
    );
    expect(restored.profile.list("write").map(({ value }) => value)).toEqual(["/data/kept"]);
  });

  it("refuses to enforce what knows no program", async () => {
    const learning = begin();
    learning.observe(writeOf("/data/kept"));
    const asked = ask(learning, { command: "profile-mode", image: "shop:1", mode: "enforce", by: "uid:7" });
    await expect(asked).rejects.toThrow("expected a profile with programs");
  });
});
