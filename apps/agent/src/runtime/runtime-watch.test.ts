import type { AuditEvent, AuditRecord, Detection } from "@pratique/core";
import { type LoadedRules, loadRules } from "@pratique/rules";
import { type MessageBody, type RecordSource, type SourceListener, wireKinds } from "@pratique/sensor";
import { expect, it } from "vitest";
import { containerOfInspect } from "../../../../packages/sensor/src/tables/sensor-container.ts";
import {
  CONTAINER_CGROUP,
  CONTAINER_ID,
  inspected,
} from "../../../../packages/sensor/src/testdata/bench-sensor.ts";
import { bytesOf, execution } from "../../../../packages/sensor/src/testdata/records.ts";
import type { Refusal } from "./prevention/refusals.ts";
import { type Judgement, type Prevention, RuntimeWatch, type RuntimeWatchOptions } from "./runtime-watch.ts";

const inside = { cgroupId: CONTAINER_CGROUP };
const settled = () => new Promise((resolve) => setImmediate(resolve));

function rule(name: string, program: string, more = ""): string {
  return `- rule: ${name}
  desc: a test
  condition: evt.type = execve and container.id != host and proc.name = ${program}
  output: it ran (%proc.name)
  priority: CRITICAL
${more}`;
}

function ruleSetOf(text: string): Extract<LoadedRules, { kind: "rules" }>["ruleSet"] {
  const loaded = loadRules([{ name: "test.yaml", text }]);
  if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues));
  return loaded.ruleSet;
}

/** A watch without a kernel; what it does is written down in its order. */
async function startWatch(rules: string, change: Partial<RuntimeWatchOptions> = {}) {
  let listener: SourceListener | undefined;
  const source: RecordSource = {
    isLive: false,
    start: async (given) => {
      listener = given;
      given.onBegin();
    },
    stop: async () => undefined,
  };
  const done: string[] = [];
  const warnings: string[] = [];
  const commands: { readonly name: string; readonly fields: MessageBody | undefined }[] = [];
  const detections: Detection[] = [];
  let ids = 0;
  const watch = new RuntimeWatch({
    source,
    commands: {
      command: async (name, fields) => {
        commands.push({ name, fields });
        return {};
      },
    },
    details: { describe: async (identity) => containerOfInspect(identity, inspected, 0) },
    hostName: "host",
    audit: {
      append: ({ data }: AuditEvent, { flush } = {}) => {
        done.push(`recorded ${Object(data).rule}${flush === false ? "" : ", on the disk"}`);
        // Nobody asks for what is given here.
        return {} as AuditRecord;
      },
    },
    respond: async (detection) => {
      done.push(`responded to ${detection.rule}`);
      detections.push(detection);
    },
    newId: () => `id-${++ids}`,
    now: () => 1e6,
    elapsedMs: () => 0,
    log: { info: () => undefined, warn: (_, message) => void warnings.push(message) },
    ...change,
  });
  await watch.setRules(ruleSetOf(rules));
  await watch.start();
  let turns = 0;
  const give = async (...records: readonly Buffer[]) => {
    // Records wait for those of other processors, which may be older, until one comes that is much later.
    const later = bytesOf("cgroup_rmdir", { cgroupId: 1, timeNs: 10e9 + ++turns * 1e9 });
    listener?.onRecords(Buffer.concat([...records, later]));
    await settled();
  };
  const hear = async (event: string, body: MessageBody = {}) => {
    listener?.onMessage({ kind: "event", event, body });
    await settled();
  };
  await give(
    bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
  );
  return { watch, give, hear, done, warnings, commands, detections };
}

function preventionOf(change: Partial<Prevention>): Prevention {
  return {
    apply: async () => undefined,
    contain: async () => undefined,
    noticed: () => undefined,
    judge: () => ({}),
    tick: async () => [],
    close: () => undefined,
    ...change,
  };
}

it("records a detection before anything is done about it, and waits for the disk where it is urgent", async () => {
  const calm = rule("calm", "b").replace("CRITICAL", "NOTICE");
  const { give, done, detections } = await startWatch(`${rule("urgent", "a")}${calm}`);
  await give(execution(["/bin/a"], inside), execution(["/bin/b"], { ...inside, pid: 101 }));
  expect(done).toEqual([
    "recorded urgent, on the disk",
    "responded to urgent",
    "recorded calm",
    "responded to calm",
  ]);
  expect(detections[0]).toMatchObject({
    id: "id-1",
    container: { id: CONTAINER_ID },
    output: expect.stringMatching(/^it ran \(a\)/u),
  });
});

it("responds also where a detection cannot be recorded, and counts it", async () => {
  const audit = {
    append: (): never => {
      throw new Error("the disk is full");
    },
  };
  const { give, watch, done, warnings } = await startWatch(rule("one", "a"), { audit });
  await give(execution(["/bin/a"], inside));
  expect([done, watch.counters.unrecorded]).toEqual([["responded to one"], 1]);
  expect(warnings).toContain("a detection could not be recorded");
});

it("goes on where a response fails", async () => {
  const respond = async (): Promise<void> => {
    throw new Error("the engine is gone");
  };
  const { give, done, warnings } = await startWatch(rule("one", "a"), { respond });
  await give(execution(["/bin/a"], inside), execution(["/bin/a"], { ...inside, pid: 101 }));
  expect(done).toHaveLength(2);
  expect(warnings.filter((each) => each === "nothing could be done about a detection")).toHaveLength(2);
});

it("goes on where something that hears an event fails, and has judged the event before", async () => {
  const judged: string[] = [];
  const prevention = preventionOf({
    judge: (event) => {
      judged.push(event.process.name);
      return {};
    },
  });
  const { give, watch, warnings } = await startWatch(rule("one", "a"), {
    prevention,
    onEvent: () => {
      throw new Error("no room");
    },
  });
  await give(execution(["/bin/a"], inside), execution(["/bin/b"], { ...inside, pid: 101 }));
  expect([judged, watch.counters.detections, watch.counters.events]).toEqual([["a", "b"], 1, 2]);
  expect(warnings).toContain("an event could not be judged");
});

it("asks all rules that end something, and tells them beside the one that speaks first", async () => {
  const asked: (readonly string[])[] = [];
  const prevention = preventionOf({
    judge: (_, rules): Judgement => {
      asked.push(rules.map(({ name }) => name));
      return { outcome: "killed" };
    },
  });
  const rules = `${rule("first", "a")}${rule("second", "a", "  action: kill\n")}`;
  const { give, detections } = await startWatch(rules, { prevention });
  await give(execution(["/bin/a"], inside));
  expect(asked).toEqual([["second"]]);
  expect(detections.map(({ rule: name, outcome }) => [name, outcome])).toEqual([
    ["first", "killed"],
    ["second", "killed"],
  ]);
});

it("tells a detection when it is known what became of it, and does not stop before", async () => {
  const later = Promise.withResolvers<"prevented">();
  const prevention = preventionOf({ judge: () => ({ later: later.promise }) });
  const { give, watch, detections } = await startWatch(rule("held", "a", "  action: kill\n"), { prevention });
  await give(execution(["/bin/a"], inside));
  expect(detections).toEqual([]);
  const stopped = watch.stop();
  later.resolve("prevented");
  await stopped;
  expect(detections.map(({ outcome }) => outcome)).toEqual(["prevented"]);
});

it("tells a rule in a container only now and then where it matches without end", async () => {
  const { give, watch, done } = await startWatch(rule("one", "a"));
  await give(...Array.from({ length: 50 }, (_, n) => execution(["/bin/a"], { ...inside, pid: 200 + n })));
  const { detections, suppressedDetections } = watch.counters;
  expect(detections + suppressedDetections).toBe(50);
  expect(done.filter((each) => each.startsWith("responded"))).toHaveLength(detections);
  expect(detections).toBeLessThan(50);
});

it("tells of a container that does more than is told of one, now and then", async () => {
  const { give, detections } = await startWatch(rule("one", "a"));
  const leftOut = bytesOf("suppressed", {
    ...inside,
    pid: 0,
    sections: { number0: 5000, number1: wireKinds.connect },
  });
  await give(leftOut, leftOut);
  expect(detections).toMatchObject([
    {
      rule: "Events of a container left out",
      eventType: "connect",
      container: { id: CONTAINER_ID },
      fields: { left_out: "5000", of: "connect" },
    },
  ]);
});

it("tells what the kernel refused and no event explains, for each of its rules", async () => {
  const refusal: Refusal = {
    at: 0,
    time: 1e6,
    pid: 100,
    tid: 100,
    hook: "connect",
    rules: ["one"],
    what: "192.0.2.1:80",
    killed: false,
    container: undefined,
    process: undefined,
  };
  const { hear, watch, detections } = await startWatch(`${rule("one", "a")}${rule("two", "b")}`, {
    prevention: preventionOf({ tick: async () => [refusal] }),
  });
  await watch.tick();
  expect(detections).toEqual([]);
  await hear("ready");
  await watch.tick();
  expect(detections.map(({ rule: name, outcome }) => [name, outcome])).toEqual([["one", "prevented"]]);
});

it("tells the native sensor what to look at whenever it begins, and whenever the rules change", async () => {
  const packets = { snapLength: 96, perContainerPerSecond: 10 };
  const { hear, watch, commands } = await startWatch(rule("one", "a"), { packets });
  expect(commands).toEqual([]);
  await hear("ready");
  await hear("ready");
  const begun = ["configure", "packets"];
  expect(commands.map(({ name }) => name)).toEqual([...begun, ...begun]);
  const before = commands.at(-2)?.fields?.kinds;
  await watch.setRules(ruleSetOf(rule("one", "a").replace("execve", "unlink")));
  expect(commands.at(-1)).toMatchObject({ name: "configure", fields: { kinds: expect.any(Array) } });
  expect(commands.at(-1)?.fields?.kinds).not.toEqual(before);
});

it("records what is told anyway, and what is asked for beyond that, until it is to end", async () => {
  const { hear, watch, give, commands } = await startWatch(rule("one", "a"));
  await hear("ready");
  const kinds = () => commands.findLast(({ name }) => name === "configure")?.fields;
  const before = kinds();
  const written: Buffer[] = [];
  const asked = { eventTypes: ["ptrace"], hostEventTypes: ["unlink"], environment: true } as const;
  const stop = await watch.record(asked, (bytes) => void written.push(bytes));
  const during = kinds();
  expect(during?.kinds).toEqual(expect.arrayContaining([...Object(before?.kinds), wireKinds.ptrace]));
  expect(before?.hostKinds).not.toContain(wireKinds.unlink);
  expect(during?.hostKinds).toContain(wireKinds.unlink);
  expect([before?.environment, during?.environment]).toEqual([false, true]);
  expect(String(written[0])).toContain('"hostEventTypes":["unlink"],"environment":true');
  expect(watch.told.has("ptrace")).toBe(false);
  await give(execution(["/bin/recorded"], inside));
  await stop();
  await give(execution(["/bin/forgotten"], inside));
  expect(kinds()).toEqual(before);
  expect(String(Buffer.concat(written))).toContain("/bin/recorded");
  expect(String(Buffer.concat(written))).not.toContain("/bin/forgotten");
});

it("goes on, and says so, where the native sensor takes no command", async () => {
  const commands = {
    command: async (): Promise<never> => {
      throw new Error("it has ended");
    },
  };
  const packets = { snapLength: 96, perContainerPerSecond: 10 };
  const { hear, watch, give, done, warnings } = await startWatch(rule("one", "a"), { commands, packets });
  await hear("ready");
  expect(warnings).toContain("the native sensor could not be told what to look at");
  const nothing = { eventTypes: [], hostEventTypes: [], environment: false };
  await expect(watch.record(nothing, () => undefined)).rejects.toThrow("could not be told");
  expect(watch.packetTrouble).toBe("packets are not kept: it has ended");
  await give(execution(["/bin/a"], inside));
  expect(done).toHaveLength(2);
});

it("tells the native sensor with the next tick what it did not take", async () => {
  const told: string[] = [];
  let isBusy = true;
  const commands = {
    command: async (name: string) => {
      if (isBusy) throw new Error("no answer in 5000 ms");
      told.push(name);
      return {};
    },
  };
  const applied: number[] = [];
  const prevention = preventionOf({ apply: async (rules) => void applied.push(rules.length) });
  const { hear, watch } = await startWatch(rule("one", "a"), { commands, prevention });
  await hear("ready");
  isBusy = false;
  await watch.tick();
  await watch.tick();
  expect([told, applied]).toEqual([["configure"], [1]]);
});

it("remembers what the native sensor complains of", async () => {
  const { hear, watch, warnings } = await startWatch(rule("one", "a"));
  await hear("trouble", { message: "a ring is full" });
  expect([watch.trouble, warnings]).toEqual(["a ring is full", ["the native sensor is in trouble"]]);
});
