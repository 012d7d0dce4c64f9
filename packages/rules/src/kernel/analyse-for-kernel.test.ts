import { describe, expect, it } from "vitest";
import { fileOf, rulesOf } from "../testdata/rule-text.ts";
import { analyseForKernel } from "./analyse-for-kernel.ts";
import type { KernelAlternative, KernelForm } from "./kernel-form.ts";

const macros = `
- macro: spawned
  condition: (evt.type in (execve, execveat))
- macro: container
  condition: (container.id != host)
- macro: never
  condition: (evt.num = 0)
`;

function analysisOf(condition: string) {
  const [rule] = rulesOf(fileOf(condition, macros));
  if (rule === undefined) throw new Error("expected a rule");
  return analyseForKernel(rule);
}

function formsOf(condition: string): readonly KernelForm[] {
  const analysis = analysisOf(condition);
  if (!analysis.decidable) throw new Error(analysis.reasons.join("; "));
  return analysis.forms;
}

/** Tests as short texts: `name is nc|ncat`. */
function textsOf({ tests, container }: KernelAlternative): string {
  const kernel = tests.map(
    ({ subject, comparison, values, negated }) =>
      `${negated ? "not " : ""}${subject} ${comparison} ${values.join("|")}`,
  );
  return [...kernel, ...container.map(({ text }) => text)].join(" and ");
}

describe("analyseForKernel", () => {
  it.each([
    ["drift", "spawned and container and proc.is_exe_upper_layer = true", "exec", ["upper-layer is true"]],
    ["fileless", "spawned and container and proc.is_exe_from_memfd = true", "exec", ["memfd is true"]],
    [
      "a flag that is not set",
      "spawned and container and proc.is_exe_upper_layer != true",
      "exec",
      ["not upper-layer is true"],
    ],
    ["names", "spawned and container and proc.name in (nc, ncat)", "exec", ["name is nc|ncat"]],
    ["paths", "spawned and container and proc.exepath startswith /tmp/", "exec", ["exe-path prefix /tmp/"]],
    [
      "directories",
      "spawned and container and proc.exepath pmatch (/dev//shm/, tmp)",
      "exec",
      ["exe-path below /dev/shm|/tmp"],
    ],
    [
      "alternatives",
      "spawned and container and (proc.name = nc or proc.exepath = /bin/nc)",
      "exec",
      ["name is nc", "exe-path is /bin/nc"],
    ],
    [
      "not of alternatives",
      "spawned and container and not (proc.name = a or proc.exepath = /b)",
      "exec",
      ["not name is a and not exe-path is /b"],
    ],
    [
      "calls that succeed",
      "spawned and container and not evt.rawres < 0 and proc.name = a",
      "exec",
      ["name is a"],
    ],
    [
      "exclusions that are off",
      "spawned and container and proc.name = a and not never",
      "exec",
      ["name is a"],
    ],
    [
      "exclusions that another part rules out",
      "spawned and container and proc.is_exe_upper_layer = true and not (proc.is_exe_upper_layer = false and proc.pname = x)",
      "exec",
      ["upper-layer is true"],
    ],
    [
      "names that another part settles",
      "spawned and container and proc.name = a and not proc.name in (b, c)",
      "exec",
      ["name is a"],
    ],
    [
      "images, which are told in user space",
      "spawned and container and proc.name = a and not container.image.repository in (x, y)",
      "exec",
      ["name is a and not container.image.repository in (x, y)"],
    ],
    [
      "no images, where their list is empty",
      "spawned and container and proc.name = a and not container.image.repository in ()",
      "exec",
      ["name is a"],
    ],
    [
      "files that are written",
      "evt.type in (open, openat) and evt.is_open_write = true and fd.typechar = f and fd.num >= 0 and container and fd.name startswith /etc/",
      "open",
      ["access is write and path prefix /etc/"],
    ],
    [
      "names of files",
      "evt.type = openat and container and fd.name endswith /docker.sock",
      "open",
      ["path basename docker.sock"],
    ],
    [
      "names of files otherwise",
      "evt.type = openat and container and fd.filename = shadow",
      "open",
      ["path basename shadow"],
    ],
    [
      "ends of names",
      "evt.type = openat and container and fd.name endswith _key",
      "open",
      ["path suffix _key"],
    ],
  ])("finds %s", (_, condition, hook, alternatives) => {
    const forms = formsOf(condition);
    expect(forms).toHaveLength(1);
    expect(forms[0]?.hook).toBe(hook);
    expect(forms[0]?.alternatives.map(textsOf)).toEqual(alternatives);
    expect(forms[0]?.alternatives.every(({ containersOnly }) => containersOnly)).toBe(true);
  });

  it.each([
    [
      "an address",
      "evt.type = connect and container and fd.typechar in (4, 6) and fd.sip = 169.254.169.254",
      ["connect: address network 169.254.169.254"],
    ],
    [
      "networks and ports",
      "evt.type = connect and container and fd.snet in (10.0.0.0/8) and fd.sport in (22, 23) and fd.sockfamily = ip",
      ["connect: address network 10.0.0.0/8 and port is 22|23"],
    ],
    ["one family", "evt.type = connect and container and fd.typechar = 6", ["connect: family is ipv6"]],
    [
      "a Unix socket",
      "evt.type = connect and container and fd.typechar = u and fd.name = /run/docker.sock",
      ["connect-unix: path is /run/docker.sock"],
    ],
  ])("finds %s", (_, condition, expected) => {
    const found = formsOf(condition).flatMap(({ hook, alternatives }) =>
      alternatives.map((alternative) => `${hook}: ${textsOf(alternative)}`),
    );
    expect(found).toEqual(expected);
  });

  it.each([
    ["/proc/sys/kernel/core_pattern", "sysctl"],
    ["/dev/sda", "device"],
    ["/etc/shadow", "file"],
  ])("tells what %s is", (path, reach) => {
    const [form] = formsOf(
      `evt.type = openat and container and evt.is_open_write = true and fd.name = ${path}`,
    );
    expect(form?.alternatives[0]?.reach).toBe(reach);
  });

  it("tells apart what calls of different kinds need", () => {
    const forms = formsOf(
      "container and ((spawned and proc.name = a) or (evt.type in (open, openat) and fd.name = /b))",
    );
    expect(forms.map(({ hook, eventTypes }) => `${hook}: ${eventTypes.join(" ")}`)).toEqual([
      "exec: execve execveat",
      "open: open openat",
    ]);
  });

  it("answers for a container by its fields", () => {
    const [form] = formsOf(
      "spawned and container and proc.name = a and not container.image.repository in (x, y)",
    );
    const [test] = form?.alternatives[0]?.container ?? [];
    expect(test?.field).toBe("container.image.repository");
    expect(test?.holds("x")).toBe(false);
    expect(test?.holds("z")).toBe(true);
    expect(test?.holds(undefined)).toBe(true);
  });

  it.each([
    ["processes of the host", "spawned and proc.name = a", /processes of the host/u],
    [
      "processes of the host alone",
      "spawned and proc.name = a and container.id = host",
      /processes of the host/u,
    ],
    [
      "command lines",
      "spawned and container and proc.cmdline contains x",
      /does not know: proc.cmdline contains x/u,
    ],
    ["ancestors", "spawned and container and not proc.pname in (a)", /does not know: proc.pname in \(a\)/u],
    ["patterns", "spawned and container and proc.exepath glob /a*", /does not know/u],
    ["patterns in directories", "spawned and container and proc.exepath pmatch (/a*/b)", /does not know/u],
    [
      "a number of its result",
      "evt.type = openat and container and fd.num = 5",
      /does not know: fd.num = 5/u,
    ],
    [
      "a failure among others",
      "spawned and container and evt.num = 17 and proc.name = a",
      /does not know: evt.num = 17/u,
    ],
    ["fields against fields", "spawned and container and proc.name = val(proc.pname)", /does not know/u],
    ["calls that are not asked about", "evt.type = ptrace and container", /ptrace is not asked about/u],
    ["nothing", "spawned and container and never", /no event can match/u],
    ["two names at once", "spawned and container and proc.name = a and proc.name = b", /no event can match/u],
    [
      "too much",
      `spawned and container ${Array.from({ length: 9 }, (_unused, at) => `and (proc.name = a${at} or proc.exepath = /${at})`).join(" ")}`,
      /more than 256 ways/u,
    ],
  ])("says why not: %s", (_, condition, reason) => {
    const analysis = analysisOf(condition);
    expect(analysis.decidable ? [] : analysis.reasons).toContainEqual(expect.stringMatching(reason));
  });

  it.each([
    [
      "exclusions",
      "spawned and container and proc.is_exe_upper_layer = true and not proc.pname in (apt)",
      ["upper-layer is true"],
    ],
    [
      "alternatives",
      "spawned and container and (proc.name = a or proc.name = b and proc.tty = 0)",
      ["name is a", "name is b"],
    ],
    ["what it cannot tell at all", "spawned and container and proc.cmdline contains x", [""]],
    ["the part about containers", "spawned and proc.name = a and (container or proc.tty = 1)", ["name is a"]],
  ])("tells what to hold where it cannot decide: %s", (_, condition, expected) => {
    const analysis = analysisOf(condition);
    const candidates = analysis.decidable ? [] : analysis.candidates;
    expect(candidates.flatMap(({ alternatives }) => alternatives.map(textsOf))).toEqual(expected);
  });

  it("leaves out ways that others cover", () => {
    const [form] = formsOf(
      "spawned and container and (proc.name = a or proc.name = a and proc.exepath = /a)",
    );
    expect(form?.alternatives.map(textsOf)).toEqual(["name is a"]);
  });
});
