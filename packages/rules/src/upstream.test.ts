import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type EventType, eventTypes } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { checkRules, type RuleSupport } from "./check/check-rules.ts";
import { loadRules } from "./compile/load-rules.ts";
import type { RuleSet } from "./compile/rule-set.ts";
import type { RuleFile } from "./document/read-items.ts";
import { compileRules } from "./engine/compile-rules.ts";
import { TestCatalog, typeOf } from "./testdata/event.ts";
import { eventWith } from "./testdata/rule-text.ts";

const directory = path.resolve(import.meta.dirname, "../../../../shared/data/falco-rules/rules");
const names = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"] as const;

function read(...wanted: readonly string[]): readonly RuleFile[] {
  return wanted.map((name) => ({ name, text: readFileSync(path.join(directory, name), "utf8") }));
}

function load(files: readonly RuleFile[]): RuleSet {
  const loaded = loadRules(files);
  if (loaded.kind === "invalid") throw new Error(loaded.issues.map(({ message }) => message).join("; "));
  expect(loaded.warnings).toEqual([]);
  return loaded.ruleSet;
}

function countsOf(support: readonly RuleSupport[]): Readonly<Record<RuleSupport["supported"], number>> {
  const counts = { full: 0, partial: 0, none: 0 };
  for (const { supported } of support) counts[supported] += 1;
  return counts;
}

describe.skipIf(!existsSync(directory))(
  "Falco's own rules (skipped where ../shared/data/falco-rules is not there)",
  () => {
    it.each([
      ["falco_rules.yaml", 25, 25],
      ["falco-incubating_rules.yaml", 31, 31],
      ["falco-sandbox_rules.yaml", 37, 25],
    ])("loads %s as it stands: %i rules, %i of them on", (name, count, enabled) => {
      const { rules } = load(read(name));
      expect(rules).toHaveLength(count);
      expect(rules.filter((rule) => rule.enabled)).toHaveLength(enabled);
    });

    it("loads all of them together: 93 rules, 81 of them on", () => {
      const { rules, skipped } = load(read(...names));
      expect(rules).toHaveLength(93);
      expect(rules.filter((rule) => rule.enabled)).toHaveLength(81);
      expect(skipped).toEqual([]);
    });

    it("finds which events they are about", () => {
      const counts = new Map<EventType, number>();
      for (const rule of load(read(...names)).rules) {
        expect(rule.foreignEventTypes).toEqual([]);
        for (const type of rule.eventTypes) counts.set(type, (counts.get(type) ?? 0) + 1);
      }
      const some = [
        "execve",
        "openat",
        "connect",
        "accept4",
        "sendto",
        "unlinkat",
        "recvfrom",
        "ptrace",
        "socket",
      ] as const;
      expect(some.map((type) => [type, counts.get(type)])).toEqual([
        ["execve", 39],
        ["openat", 26],
        ["connect", 10],
        ["accept4", 6],
        ["sendto", 5],
        ["unlinkat", 4],
        ["recvfrom", 3],
        ["ptrace", 2],
        ["socket", 1],
      ]);
    });

    it("tells what a host without Kubernetes, or without some calls, sees of them", () => {
      const ruleSet = load(read(...names));
      const hasField = (name: string): boolean => !name.startsWith("k8s.");
      const all = { eventTypes: new Set(eventTypes), hasField };
      expect(countsOf(checkRules(ruleSet, { ...all, hasField: () => true }))).toEqual({
        full: 93,
        partial: 0,
        none: 0,
      });
      const support = checkRules(ruleSet, all);
      expect(countsOf(support)).toEqual({ full: 87, partial: 5, none: 1 });
      expect(support.find(({ supported }) => supported === "none")).toEqual({
        name: "Network Connection outside Local Subnet",
        source: "syscall",
        supported: "none",
        reasons: ["no field k8s.ns.name"],
      });
      const few = new Set(eventTypes).difference(new Set(["socket", "dup", "dup2", "dup3", "sendmsg"]));
      expect(countsOf(checkRules(ruleSet, { ...all, hasField: () => true, eventTypes: few }))).toEqual({
        full: 86,
        partial: 5,
        none: 2,
      });
    });

    it.each([
      [
        "Terminal shell in container",
        "execve",
        { "container.id": "3ad7b26ded6d", "proc.name": "bash", "proc.tty": 34_816, "evt.rawres": 0 },
      ],
      [
        "Read sensitive file untrusted",
        "openat",
        {
          "fd.name": "/etc/shadow",
          "fd.typechar": "f",
          "fd.num": 3,
          "evt.is_open_read": true,
          "proc.name": "cat",
        },
      ],
      [
        "Drop and execute new binary in container",
        "execve",
        {
          "container.id": "3ad7b26ded6d",
          "proc.name": "x",
          "proc.is_exe_upper_layer": true,
          "evt.rawres": 0,
          "container.image.repository": "nginx",
        },
      ],
      [
        "Sudo Potential Privilege Escalation",
        "execve",
        { "user.loginuid": 1000, "proc.name": "sudoedit", "proc.args": "-s \\ x", "evt.rawres": 0 },
      ],
      [
        "Clear Log Activities",
        "openat",
        {
          "fd.name": "/var/log/syslog",
          "fd.directory": "/var/log",
          "fd.filename": "syslog",
          "fd.typechar": "f",
          "fd.num": 3,
          "evt.is_open_write": true,
          "evt.arg.flags": "O_WRONLY|O_TRUNC",
          "proc.name": "sh",
        },
      ],
    ] as const)("matches %s", (name, type, fields) => {
      const engine = compileRules(load(read(...names)), new TestCatalog(), { typeOf, matching: "all" });
      const event = eventWith({ "evt.num": 9, ...fields }, type);
      expect(engine.match(event).map(({ rule }) => rule.name)).toContain(name);
      expect(engine.match({ ...event, type: "bind" })).toEqual([]);
    });
  },
);
