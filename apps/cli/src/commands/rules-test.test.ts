import { truncateSync, writeFileSync } from "node:fs";
import type { SensorScope } from "@pratique/sensor";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import {
  CONTAINER_CGROUP,
  CONTAINER_ID,
  fixedClock,
  startBench,
} from "../../../../packages/sensor/src/testdata/bench-sensor.ts";
import { bytesOf, execution } from "../../../../packages/sensor/src/testdata/records.ts";
import { contextIn } from "../testdata/context-in.ts";
import { type RulesTestFlags, rulesTest } from "./rules-test.ts";

const inside = { cgroupId: CONTAINER_CGROUP, ppid: 1 };
const all: SensorScope = { eventTypes: ["execve", "unlink"], hostEventTypes: ["execve"], environment: true };

/** Two programs in a container and one of the host. */
async function recording(scope = all): Promise<Buffer> {
  const { give, sensor } = await startBench({ clock: { ...fixedClock, nowNs: () => 11e9 } });
  give(
    bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const written: Buffer[] = [];
  const end = sensor.record(scope, (bytes) => void written.push(bytes));
  give(
    execution(["/bin/nc", "-l"], { ...inside, pid: 100, timeNs: 12e9 }),
    execution(["/bin/ls"], { ...inside, pid: 101, timeNs: 13e9 }),
    execution(["/bin/nc"], { pid: 102, ppid: 1, timeNs: 15e9 }),
  );
  end();
  return Buffer.concat(written);
}

const rule = (name: string, condition: string, priority = "ERROR") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: ran %proc.cmdline\n  priority: ${priority}\n`;

interface Given {
  readonly rules?: string;
  readonly scope?: SensorScope;
  readonly flags?: Partial<RulesTestFlags>;
  readonly spoil?: (file: string) => void;
}

async function test({ rules, scope, flags = {}, spoil }: Given) {
  using directory = tempDirectory();
  const files = rules === undefined ? [] : [directory.at("own.yaml")];
  for (const file of files) writeFileSync(file, rules ?? "");
  const on = directory.at("a.rec");
  writeFileSync(on, await recording(scope));
  spoil?.(on);
  const { context, console } = await contextIn(directory);
  const code = await rulesTest(context, files, { on, ...flags });
  return { code, printed: console.printed.join(""), said: console.said };
}

const nc = rule("Netcat", "evt.type = execve and proc.name = nc");

it("says what each rule says of each event, though another has spoken, and counts", async () => {
  const { code, printed, said } = await test({
    rules: `${nc}${rule("Container", "evt.type = execve and container.id != host", "NOTICE")}`,
  });
  expect(code).toBe(0);
  const web = "container_id=c0ffee000000 container_name=web";
  const from = "container_image_repository=registry.test:5000/team/web container_image_tag=1.2";
  expect(printed.split("\n")).toEqual([
    `00:16:52.000  error          Netcat: ran nc -l ${web} ${from}`,
    `00:16:52.000  notice         Container: ran nc -l ${web} ${from}`,
    `00:16:53.000  notice         Container: ran ls ${web} ${from}`,
    expect.stringMatching(/^00:16:55\.000 {2}error {10}Netcat: ran nc container_id=host /u),
    "",
    "      2  Netcat",
    "      2  Container",
    "",
  ]);
  expect(said).toEqual(["3 events in 3 s on bench, containers: 1; 2 of 2 rules spoke"]);
});

it.each([
  ["critical", 0],
  ["error", 2],
  ["Debug", 2],
])("ends by the most urgent rule that speaks, with --fail-on %s", async (failOn, expected) => {
  expect((await test({ rules: nc, flags: { failOn } })).code).toBe(expected);
});

it.each([
  ["a type of events", "evt.type = ptrace", "no events of type ptrace"],
  [
    "a type of events of the host",
    "evt.type = unlink",
    "no events of type unlink of the host's own processes",
  ],
  ["environments", "evt.type = execve and proc.env contains LD_PRELOAD", "no environments of programs"],
])("does not take for silence that %s was not recorded", async (_, condition, reason) => {
  const { code, printed } = await test({
    rules: rule("Blind", condition),
    scope: { ...all, environment: false },
  });
  expect([code, printed]).toEqual([3, `      0  Blind\n         not recorded: ${reason}\n`]);
});

it("asks the default rules where no file is named", async () => {
  const { printed, said } = await test({});
  expect(printed).toContain("not recorded: no events of type");
  expect(said[0]).toMatch(/; 1 of \d{2,} rules spoke$/u);
});

it("tells each match and the counts as JSON, one object a line", async () => {
  const { printed } = await test({ rules: nc, flags: { json: true } });
  const lines = printed
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([
    expect.objectContaining({ rule: "Netcat", time: "1970-01-01T00:16:52.000Z", eventType: "execve" }),
    expect.objectContaining({ rule: "Netcat" }),
    {
      host: "bench",
      events: 3,
      containers: 1,
      seconds: 3,
      rules: [{ rule: "Netcat", priority: "error", enabled: true, matches: 2, reasons: [] }],
    },
  ]);
});

it("names what is wrong with the rules, and asks none", async () => {
  const { code, printed } = await test({ rules: rule("Wrong", "evt.type = execve and proc.nane = a") });
  expect([code, printed]).toEqual([2, expect.stringContaining('unknown field "proc.nane"')]);
});

it.each([
  ["that breaks off", (file: string) => truncateSync(file, 500), "RECORDING_MALFORMED"],
  ["that is none", (file: string) => writeFileSync(file, "#!/bin/sh\n"), "RECORDING_MALFORMED"],
  ["that is empty", (file: string) => writeFileSync(file, ""), "RECORDING_MALFORMED"],
])("refuses a recording %s", async (_, spoil, code) => {
  await expect(test({ rules: nc, spoil })).rejects.toThrow(expect.objectContaining({ code }));
});

it("refuses a file that is not there, and a priority that is none", async () => {
  await expect(test({ flags: { on: "/none/a.rec" } })).rejects.toThrow('cannot read "/none/a.rec"');
  await expect(test({ flags: { failOn: "high" } })).rejects.toThrow("--fail-on is one of emergency");
});
