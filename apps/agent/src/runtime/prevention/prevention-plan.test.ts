import { builtinRuleFiles, hardenedRuleFile, loadRules, type Rule } from "@pratique/rules";
import { describe, expect, it } from "vitest";
import type { HostDevice } from "./measure.ts";
import { preventCommand } from "./prevent-commands.ts";
import { planOf } from "./prevention-plan.ts";

const PROGRAMS = [
  "prevent/executed",
  "prevent/sysctl",
  "prevent/device",
  "prevent/connect_unix",
  "channel/connect4",
  "channel/connect6",
  "channel/sendmsg4",
  "channel/sendmsg6",
  "files/permission",
];
const DEVICES: readonly HostDevice[] = [
  { path: "/dev/vda", type: "block", major: 254, minor: 0 },
  { path: "/dev/vda1", type: "block", major: 254, minor: 1 },
  { path: "/dev/null", type: "char", major: 1, minor: 3 },
];

function rulesOf(...texts: readonly string[]): readonly Rule[] {
  const text = texts
    .map(
      (condition, place) =>
        `- rule: r${place}\n  desc: d\n  output: o\n  priority: ERROR\n  action: kill\n  condition: ${JSON.stringify(condition)}\n`,
    )
    .join("");
  const loaded = loadRules([{ name: "test.yaml", text }]);
  if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues));
  return loaded.ruleSet.rules;
}

function planned(condition: string, loaded: readonly string[] = PROGRAMS) {
  const plan = planOf(rulesOf(condition), { loaded: new Set(loaded), devices: DEVICES });
  return {
    measures: plan.measures.map(({ measure: { kind, ...what } }) => `${kind} ${JSON.stringify(what)}`),
    enforcement: plan.enforcements.get("r0"),
    after: [...(plan.killedAfter.get("r0") ?? [])],
  };
}

const EXEC = "evt.type in (execve, execveat) and container.id != host and ";
const OPEN = "evt.type in (open, openat) and container.id != host and ";
const CONNECT = "evt.type = connect and container.id != host and ";

describe("a rule becomes", () => {
  it.each<[string, string, readonly string[]]>([
    ["drift", `${EXEC} proc.is_exe_upper_layer = true`, ['drift {"act":"kill"}']],
    ["what was mounted", `${EXEC} pratique.exe.mounted = true`, ['mounted {"act":"kill"}']],
    [
      "what was mounted, but for some of it",
      `${EXEC} pratique.exe.mounted = true and not proc.exepath pmatch (/srv)`,
      ['mounted {"act":"hold"}'],
    ],
    ["a file in memory", `${EXEC} proc.is_exe_from_memfd = true`, ['memfd {"act":"kill"}']],
    [
      "names of programs",
      `${EXEC} proc.name in (nc, ncat)`,
      [
        'executable {"named":{"comm":"nc"},"act":"kill"}',
        'executable {"named":{"comm":"ncat"},"act":"kill"}',
      ],
    ],
    ["nothing for a name that no process can have", `${EXEC} proc.name = a-name-of-sixteen`, []],
    [
      "directories",
      `${EXEC} proc.exepath pmatch (/dev/shm)`,
      [
        'executable {"named":{"path":"/dev/shm"},"act":"kill"}',
        'executable {"named":{"prefix":"/dev/shm/"},"act":"kill"}',
      ],
    ],
    [
      "a directory to hold, for the beginning of a name",
      `${EXEC} proc.exepath startswith /opt/tool-`,
      ['executable {"named":{"prefix":"/opt/"},"act":"hold"}'],
    ],
    [
      "the name to hold, of what else is asked for",
      `${EXEC} proc.is_exe_upper_layer = true and proc.name = nc`,
      ['executable {"named":{"comm":"nc"},"act":"hold"}'],
    ],
    [
      "what to hold, where the engine has to decide",
      `${EXEC} proc.is_exe_upper_layer = true and not proc.pname in (apt)`,
      ['drift {"act":"hold"}'],
    ],
    [
      "every program, where nothing tells those apart that are meant",
      `${EXEC} proc.args contains evil`,
      ['every-program {"act":"hold"}'],
    ],
    [
      "a switch of the kernel",
      `${OPEN} evt.is_open_write = true and fd.name = /proc/sys/kernel/modprobe`,
      ['sysctl {"name":"kernel/modprobe"}'],
    ],
    [
      "the devices of this host that have such names",
      `${OPEN} evt.is_open_write = true and fd.name startswith /dev/vd`,
      [
        'device {"type":"block","major":254,"minor":0,"access":"w"}',
        'device {"type":"block","major":254,"minor":1,"access":"w"}',
      ],
    ],
    ["a file", `${OPEN} fd.name = /etc/shadow`, ['file {"named":{"path":"/etc/shadow"}}']],
    [
      "sockets",
      `${CONNECT} fd.typechar = u and (fd.name endswith docker.sock or fd.name startswith @/shim/ or fd.name = /run/a.sock)`,
      [
        'socket {"named":{"suffix":"docker.sock"}}',
        'socket {"named":{"abstract":"/shim/"}}',
        'socket {"named":{"path":"/run/a.sock"}}',
      ],
    ],
    [
      "addresses with ports",
      `${CONNECT} fd.typechar in (4, 6) and fd.sip in (192.0.2.1, "2001:db8::1") and fd.sport = 80`,
      ['address {"address":"192.0.2.1","port":80}', 'address {"address":"2001:db8::1","port":80}'],
    ],
  ])("%s", (_, condition, measures) => {
    const plan = planned(condition);
    expect(plan.measures).toEqual(measures);
    expect(plan.enforcement?.enforceability).toBe("prevents");
    expect(plan.after).toEqual([]);
  });

  it.each<[string, string, readonly string[], RegExp]>([
    [
      "the kernel does not refuse to read its switches",
      `${OPEN} fd.name = /proc/sys/kernel/modprobe`,
      ["open", "openat"],
      /not to read them/u,
    ],
    [
      "all switches below a directory are more than are listed",
      `${OPEN} evt.is_open_write = true and fd.name startswith /proc/sys/kernel/`,
      ["open", "openat"],
      /whole names/u,
    ],
    [
      "a file is refused for reading, too",
      `${OPEN} evt.is_open_write = true and fd.name = /etc/shadow`,
      ["open", "openat"],
      /read or written/u,
    ],
    [
      "networks are not refused by rules",
      `${CONNECT} fd.typechar in (4, 6) and fd.snet = 192.0.2.0/24`,
      ["connect"],
      /no networks/u,
    ],
    [
      "the process is not known to the kernel",
      `${CONNECT} fd.typechar in (4, 6) and fd.sip = 192.0.2.1 and proc.pname = a`,
      ["connect"],
      /proc.pname = a/u,
    ],
    [
      "the kernel is not asked before",
      "evt.type = ptrace and container.id != host",
      ["ptrace"],
      /not asked about/u,
    ],
  ])("a kill afterwards where %s", (_, condition, after, why) => {
    const plan = planned(condition);
    expect(plan.measures).toEqual([]);
    expect(plan.after).toEqual(after);
    expect(plan.enforcement?.enforceability).toBe("kills");
    expect(plan.enforcement?.why.join("; ")).toMatch(why);
  });

  it("a kill afterwards on a host that does not load what is needed, which is told", () => {
    const plan = planned(`${EXEC} proc.name = nc`, ["prevent/sysctl"]);
    expect(plan).toMatchObject({ measures: [], after: ["execve", "execveat"] });
    expect(plan.enforcement).toMatchObject({ enforceability: "kills" });
    expect(plan.enforcement?.why).toContain("this host does not load prevent/executed");
  });

  it("both, where a part of it can be refused", () => {
    const plan = planned(
      `container.id != host and ((evt.type = execve and proc.name = nc) or evt.type = ptrace)`,
    );
    expect(plan.measures).toHaveLength(1);
    expect(plan.after).toEqual(["ptrace"]);
    expect(plan.enforcement?.enforceability).toBe("kills");
  });
});

it("does nothing by rules that are off or ask for no more than to be told", () => {
  const rules = rulesOf(`${EXEC} proc.name = nc`).map((rule) => ({ ...rule, enabled: false }));
  const paused = rulesOf(`${EXEC} proc.name = nc`).map((rule) => ({ ...rule, action: "pause" as const }));
  const host = { loaded: new Set(PROGRAMS), devices: [] };
  for (const each of [rules, paused]) {
    expect(planOf(each, host)).toMatchObject({ measures: [], enforcements: new Map() });
  }
});

it("refuses the same thing once for all rules that ask for it, so that the kernel's table has room", () => {
  const rules = rulesOf(...Array.from({ length: 9 }, () => `${EXEC} proc.name = nc`));
  const plan = planOf(rules, { loaded: new Set(PROGRAMS), devices: [] });
  expect(plan.measures).toHaveLength(1);
  expect(plan.measures[0]?.rules).toHaveLength(9);
});

it("has a kill afterwards for containers that no group is left for", () => {
  const rules = rulesOf(
    ...Array.from(
      { length: 33 },
      (_, place) => `${EXEC} proc.name = nc and container.image.repository = i${place}`,
    ),
  );
  const plan = planOf(rules, { loaded: new Set(PROGRAMS), devices: [] });
  expect(plan.measures).toHaveLength(31);
  expect(plan.enforcements.get("r30")?.enforceability).toBe("prevents");
  expect(plan.enforcements.get("r31")?.enforceability).toBe("kills");
});

it("prevents by each of the hardened rules", () => {
  const loaded = loadRules([hardenedRuleFile, ...builtinRuleFiles]);
  if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues));
  const plan = planOf(loaded.ruleSet.rules, { loaded: new Set(PROGRAMS), devices: DEVICES });
  expect([...plan.enforcements.keys()]).toHaveLength(8);
  for (const [rule, { enforceability }] of plan.enforcements) {
    expect([rule, enforceability]).toEqual([rule, "prevents"]);
  }
  expect(preventCommand(plan.measures, false)).toMatchObject({
    mode: "enforce",
    hold: { unattended: "continue" },
  });
});
