import { expect, it } from "vitest";
import { type TrialPlan, trialSettings, trialText, triedBy, whyNotTried } from "./profile-trial.ts";

const plan: TrialPlan = {
  image: "sha256:0",
  names: [],
  engine: "unix:///var/run/docker.sock",
  mode: "watch",
  unknown: [],
  hardening: {
    user: "33",
    readOnlyRoot: true,
    tmpfs: ["/tmp"],
    volumes: ["/var/lib/shop"],
    mounts: ["/data"],
    capDrop: ["ALL"],
    capAdd: ["NET_BIND_SERVICE"],
    noNewPrivileges: true,
    seccomp: { profile: { defaultAction: "SCMP_ACT_ERRNO" } },
  },
  steps: [],
};
const learned = { expected: "works", item: { value: "image" } } as const;

it("starts a container as the exported flags do, without a network and with volumes of its own", () => {
  expect(trialSettings(plan)).toEqual({
    User: "33",
    Volumes: { "/var/lib/shop": {} },
    HostConfig: {
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "" },
      CapDrop: ["ALL"],
      CapAdd: ["NET_BIND_SERVICE"],
      SecurityOpt: ["no-new-privileges", 'seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'],
    },
  });
});

it.each([
  [{ action: "connect", target: "db tcp/5432", ...learned }, "a trial talks to nobody"],
  [{ action: "resolve", target: "db", ...learned }, "a trial talks to nobody"],
  [{ action: "call", target: "exit_group", ...learned }, "a learned call is not made by itself"],
  [
    { action: "execute", target: "/tmp/x", expected: "works", item: { value: "added" } },
    "it was not in the image",
  ],
  [{ action: "write", target: "/data/kept", ...learned }, "it lies on what is mounted"],
  [{ action: "write", target: "/database", ...learned }, undefined],
  [{ action: "execute", target: "/bin/sh", ...learned }, undefined],
  [{ action: "call", target: "ptrace", expected: "refused" }, undefined],
] as const)("tries what can be tried alone: %j", (step, why) => {
  expect(whyNotTried(step, plan)).toBe(why);
});

it.each([
  ["write", "works", "ok", "works"],
  ["write", "works", "EROFS", "refused"],
  ["write", "works", "ENOSPC", "refused"],
  ["write", "refused", "EACCES", "refused"],
  ["write", "refused", "ETIMEDOUT", "not tried"],
  ["write", "works", "ETXTBSY", "works"],
  ["read", "works", "ENOENT", "not tried"],
  ["execute", "works", "EPERM", "refused"],
  ["listen", "works", "EADDRINUSE", "works"],
  ["call", "refused", "EPERM", "refused"],
  ["call", "refused", "ENOSYS", "refused"],
  ["call", "refused", "EFAULT", "works"],
  ["call", "refused", "ok", "works"],
] as const)("%s that is expected to be %s: %s means %s", (action, expected, answer, found) => {
  expect(triedBy({ action, target: "x", expected }, answer)).toMatchObject({ found });
});

it("tells what came otherwise, and the sums", () => {
  const text = trialText([
    { action: "write", target: "/run/x", expected: "works", found: "refused", error: "EROFS" },
    { action: "write", target: "/tmp/x", expected: "works", found: "works" },
    { action: "call", target: "ptrace", expected: "refused", found: "works" },
    {
      action: "resolve",
      target: "db",
      expected: "works",
      found: "not tried",
      error: "a trial talks to nobody",
    },
  ]);
  expect(text).toBe(`refused, EROFS: write /run/x, which was learned
works: call ptrace, which was never seen

what was learned works        1 of 2
what never was seen, refused  0 of 1
not tried                     1  (1: a trial talks to nobody)
`);
});
