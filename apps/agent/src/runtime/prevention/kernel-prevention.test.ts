import { loadRules, type Rule } from "@pratique/rules";
import {
  type MessageBody,
  primitives,
  recordFlags,
  type SensorEvent,
  SensorFields,
  type SensorNotice,
  type TrackedContainer,
  wireTags,
} from "@pratique/sensor";
import { beforeEach, describe, expect, it } from "vitest";
import { KernelPrevention } from "./kernel-prevention.ts";

const ID = "c".repeat(64);
const PID = 4242;

let sent: { readonly command: string; readonly fields: MessageBody }[];
let elapsed: number;
let refusing: string | undefined;
let answer: MessageBody;
/** What was done about the container, where it is not covered; undefined where it is. */
let uncovered: "off" | "report" | "quarantine" | undefined;

beforeEach(() => {
  sent = [];
  elapsed = 0;
  refusing = undefined;
  answer = {};
  uncovered = undefined;
});

const container = {
  identity: { id: ID, runtime: "docker" },
  shortId: ID.slice(0, 12),
  details: { id: ID, name: "shop", image: "shop:1", sysctls: [], described: true },
  naming: 0,
  cgroupIds: new Set([77]),
  // Sound: nothing else of a container is read.
} as unknown as TrackedContainer;

function rulesOf(...conditions: readonly string[]): readonly Rule[] {
  const text = conditions
    .map(
      (condition, place) =>
        `- rule: r${place}\n  desc: d\n  output: o\n  priority: ERROR\n  action: kill\n  condition: ${JSON.stringify(condition)}\n`,
    )
    .join("");
  const loaded = loadRules([{ name: "test.yaml", text }]);
  if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues));
  return loaded.ruleSet.rules;
}

/** The cgroups that are given a policy. */
function cgroupsIn({ set = [] }: MessageBody): readonly string[] {
  return Array.from(set as readonly { readonly cgroupId: string }[], ({ cgroupId }) => cgroupId);
}

async function prevention(
  rules: readonly Rule[],
  enforces = true,
  survives = false,
  containers: readonly TrackedContainer[] = [container],
  onApply: (kernel: KernelPrevention) => Promise<void> = async () => undefined,
) {
  const kernel: KernelPrevention = new KernelPrevention({
    commands: {
      command: async (command, fields = {}) => {
        if (command === refusing || `${command} ${cgroupsIn(fields).join()}` === refusing)
          throw new Error("no");
        sent.push({ command, fields });
        return answer;
      },
    },
    fields: new SensorFields(),
    loaded: () => new Set(["prevent/executed", "prevent/sysctl"]),
    devices: () => [],
    parents: () => [7],
    enforces,
    survives,
    isCovered: () => uncovered === undefined,
    channelOf: () => "off",
    actedOn: () => uncovered ?? "off",
    onApply: () => onApply(kernel),
    pidIn: () => undefined,
    now: () => 0,
    elapsedMs: () => elapsed,
    log: { info: () => undefined, warn: () => undefined },
  });
  await kernel.apply(rules, containers);
  return kernel;
}

/** A record of a refusal, or of a program that waits. */
function notice(
  flags: number,
  numbers: { readonly primitive: number; readonly rule?: number; readonly execution?: number },
): SensorNotice {
  const record = {
    flags,
    pid: PID,
    tid: PID,
    number: (tag: number) =>
      tag === wireTags.number0
        ? numbers.primitive
        : tag === wireTags.number3
          ? (numbers.execution ?? 1)
          : (numbers.rule ?? 0),
    text: () => "/tmp/evil",
  };
  return { kind: "prevent", record, container, process: undefined } as unknown as SensorNotice;
}

function executed(pid = PID, execution = 1): SensorEvent {
  // Sound: nothing else of an event is read.
  const event = {
    type: "execve",
    record: { pid, tid: pid, number: () => execution },
    result: 0,
    scope: ID,
    tracked: container,
  };
  return event as unknown as SensorEvent;
}

it.each([
  ["off", {}],
  ["report", { channel: "report" }],
  ["quarantine", { channel: "quarantine" }],
] as const)(
  "gives a container that is not covered no more than what was done about it needs: %s",
  async (channel, policy) => {
    const before = sent.length;
    uncovered = channel;
    await prevention(rulesOf());
    const told = sent.slice(before).flatMap(({ fields }) => (Array.isArray(fields.set) ? fields.set : []));
    expect(told).toContainEqual(expect.objectContaining({ cgroupId: "77", policy }));
  },
);

const released = () => sent.filter(({ command }) => command === "release").map(({ fields }) => fields);

const EXEC = "evt.type in (execve, execveat) and container.id != host and ";

describe("a program that waits", () => {
  it.each([
    ["runs where no rule means it", false, "continue", {}],
    ["does not run where a rule does", true, "kill", { outcome: "prevented" }],
  ])("%s", async (_, isMeant, verdict, judgement) => {
    const rules = rulesOf(`${EXEC} proc.args contains evil`);
    const kernel = await prevention(rules);
    kernel.noticed(notice(recordFlags.held, { primitive: primitives.hold }));
    expect(kernel.judge(executed(), isMeant ? rules : [])).toEqual(judgement);
    expect(released()).toEqual([{ pid: PID, verdict }]);
  });

  it("is not answered by what its process executed just before", async () => {
    const rules = rulesOf(`${EXEC} proc.args contains evil`);
    const kernel = await prevention(rules);
    kernel.noticed(notice(recordFlags.held, { primitive: primitives.hold, execution: 3 }));
    kernel.judge(executed(PID, 2), []);
    expect(released()).toEqual([]);
    expect(kernel.judge(executed(PID, 3), rules)).toEqual({ outcome: "prevented" });
    expect(released()).toEqual([{ pid: PID, verdict: "kill" }]);
  });

  it("is answered once, and others are not", async () => {
    const kernel = await prevention(rulesOf(`${EXEC} proc.args contains evil`));
    kernel.noticed(notice(recordFlags.held, { primitive: primitives.hold }));
    kernel.judge(executed(PID + 1), []);
    expect(released()).toEqual([]);
    kernel.judge(executed(), []);
    kernel.judge(executed(), []);
    expect(released()).toHaveLength(1);
  });
});

describe("what the kernel refused", () => {
  const rules = rulesOf(`${EXEC} proc.is_exe_upper_layer = true`);
  const flags = recordFlags.prevented + recordFlags.killed;

  it("is told with its event, and not again", async () => {
    const kernel = await prevention(rules);
    kernel.noticed(notice(flags, { primitive: primitives.drift }));
    expect(kernel.judge(executed(), rules)).toEqual({ outcome: "prevented" });
    elapsed = 60_000;
    expect(await kernel.tick(rules, [container])).toEqual([]);
  });

  it("is told by itself where no event is what the rule asks for", async () => {
    const kernel = await prevention(rules);
    kernel.noticed(notice(flags, { primitive: primitives.drift }));
    expect(kernel.judge(executed(), [])).toEqual({ outcome: "prevented" });
    expect(await kernel.tick(rules, [container])).toEqual([]);
    elapsed = 60_000;
    expect(await kernel.tick(rules, [container])).toMatchObject([{ rules: ["r0"], what: "/tmp/evil" }]);
  });
});

it("gives each cgroup its policy, and takes it from containers that are gone", async () => {
  const rules = rulesOf(`${EXEC} proc.is_exe_upper_layer = true`);
  const kernel = await prevention(rules);
  const set = (id: string) => ({
    command: "containers",
    fields: { set: [{ cgroupId: id, policy: { drift: "kill" } }] },
  });
  expect(sent).toMatchObject([{ command: "prevent" }, set("7"), set("77")]);
  await kernel.tick(rules, []);
  expect(sent.at(-1)).toEqual({ command: "containers", fields: { remove: ["77"] } });
});

it("leaves a container what a sensor before this one gave it, until rules and indicators are in force", async () => {
  let before: readonly string[] | undefined;
  await prevention(rulesOf(`${EXEC} proc.args contains evil`), true, true, [container], async (kernel) => {
    await kernel.contain(container);
    before = sent.flatMap(({ fields }) => cgroupsIn(fields));
  });
  expect(before).toEqual([]);
  expect(sent.flatMap(({ fields }) => cgroupsIn(fields))).toEqual(["7", "77"]);
});

it("claims no more than the kernel took", async () => {
  refusing = "prevent";
  const rules = rulesOf(`${EXEC} proc.is_exe_upper_layer = true`);
  const kernel = await prevention(rules);
  const [rule] = rules;
  if (rule === undefined) throw new Error("no rule");
  expect(kernel.enforcementOf(rule)).toMatchObject({ enforceability: "kills" });
  expect(kernel.enforcementOf(rule).why).toContain("the kernel takes no rules: no");
});

it("sends rules again that the native sensor did not take", async () => {
  refusing = "prevent";
  const rules = rulesOf(`${EXEC} proc.args contains evil`);
  const kernel = await prevention(rules);
  refusing = undefined;
  const prevents = () => sent.filter(({ command }) => command === "prevent").length;
  await kernel.tick(rules, [container]);
  expect(prevents()).toBe(0);
  elapsed += 10_000;
  await kernel.tick(rules, [container]);
  elapsed += 10_000;
  await kernel.tick(rules, [container]);
  expect([prevents(), kernel.enforcementOf(rules[0] as Rule).enforceability]).toEqual([1, "prevents"]);
});

it("gives a container its policy later where the native sensor did not answer, and the others theirs at once", async () => {
  const other = {
    ...container,
    identity: { id: "d".repeat(64), runtime: "docker" },
    cgroupIds: new Set([88]),
  };
  const rules = rulesOf(`${EXEC} proc.args contains evil`);
  refusing = "containers 77";
  const kernel = await prevention(rules, true, false, [container, other as TrackedContainer]);
  const placed = () =>
    sent.flatMap(({ command, fields }) => (command === "containers" ? cgroupsIn(fields) : []));
  expect(placed()).toEqual(["7", "88"]);
  refusing = undefined;
  await kernel.tick(rules, [container, other as TrackedContainer]);
  await kernel.tick(rules, [container, other as TrackedContainer]);
  expect(placed()).toEqual(["7", "88", "77"]);
});

it("does nothing by rules where an operator wants that, and says so", async () => {
  const rules = rulesOf(`${EXEC} proc.is_exe_upper_layer = true`);
  const kernel = await prevention(rules, false);
  expect(sent.at(-1)).toMatchObject({ fields: { set: [{ policy: { drift: "off" } }] } });
  expect(rules.map((rule) => kernel.enforcementOf(rule))).toEqual([
    { enforceability: "detects", why: ["runtime.prevent is off"] },
  ]);
});

it.each<[string, boolean, MessageBody, string]>([
  ["goes on", true, { pinned: true }, ""],
  ["was not asked to", false, { pinned: false }, ""],
  [
    "cannot",
    true,
    { pinned: false, pinFailure: "no such device" },
    "prevention ends with the sensor: no such device",
  ],
])("tells whether it goes on without the sensor: it %s", async (_, survives, reply, failure) => {
  answer = reply;
  const kernel = await prevention([], true, survives);
  expect(sent[0]).toMatchObject({ command: "prevent", fields: { survive: survives } });
  expect(kernel.pinFailure).toBe(failure);
});
