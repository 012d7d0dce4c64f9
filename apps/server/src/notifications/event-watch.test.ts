import type { AuditRecord } from "@pratique/core";
import { openStore, type Store, type StoredApproval } from "@pratique/store";
import { type FixedClock, fixedClock, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectLaunch } from "../launch-projection.ts";
import { projectRuntime } from "../runtime/project-runtime.ts";
import { setDetectionSettings } from "../settings/detection-settings.ts";
import {
  chainOf,
  detectionData,
  launchData,
  responseData,
  runtimeChainOf,
  sampleHost,
  sampleReport,
} from "../testdata/samples.ts";
import { EventWatch } from "./event-watch.ts";
import type { LogState } from "./log-notices.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let directory: TempDirectory;
let clock: FixedClock;
let store: Store;
let logState: LogState;

/** One that looks again at each step. */
function watch(): EventWatch {
  let elapsed = 0;
  return new EventWatch({
    store,
    now: clock.now,
    elapsedMs: () => (elapsed += MINUTE_MS),
    origin: () => "https://console.example",
    logState: async () => logState,
    log: pino({ level: "silent" }),
  });
}

/** What waits to be told, and takes it away. */
async function told(): Promise<readonly Record<string, unknown>[]> {
  const waiting = await store.settings.notices.waiting(1000);
  await store.settings.notices.drop(waiting.map(({ number }) => number));
  return waiting.map(({ value }) => value);
}

async function kindsAfter(step: EventWatch): Promise<readonly unknown[]> {
  await step.step();
  return (await told()).map(({ kind }) => kind);
}

async function hear(name: string, labels: Record<string, string> = {}): Promise<void> {
  await store.hosts.put({
    name,
    logId: `log-${name}`,
    heardAt: new Date(clock.now()).toISOString(),
    status: sampleHost,
    labels,
  });
}

const approval: StoredApproval = {
  id: "a-1",
  state: "pending",
  endpoint: "revokeHost",
  permission: "hosts.revoke",
  subject: { kind: "host", id: "web-1" },
  resources: [{ hosts: [{ name: "web-1", labels: { team: "shop" } }] }],
  sealedCall: "ps1:approvals.s1.00000000:AAAA",
  details: {},
  reason: "it was stolen",
  requestedBy: "ann",
  requestedAt: "2026-11-25T10:00:00.000Z",
  expiresAt: "2026-11-26T10:00:00.000Z",
  decidedBy: null,
  decidedAt: null,
  comment: "",
  failure: null,
};

beforeEach(async () => {
  directory = tempDirectory();
  clock = fixedClock("2026-11-25T10:00:00Z");
  store = await openStore({ file: directory.at("store.sqlite") });
  logState = { exporters: [], witnesses: [] };
});

afterEach(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

it("begins with what happens from now on", async () => {
  await store.images.put(imageIdOf("old:1"), sampleReport("old:1"));
  expect(await kindsAfter(watch())).toEqual([]);
  await store.images.put(imageIdOf("new:1"), sampleReport("new:1"));
  expect(await kindsAfter(watch())).toEqual(["finding.new"]);
});

it("tells nothing twice and misses nothing when another server goes on", async () => {
  await watch().step();
  await store.images.put(imageIdOf("a:1"), sampleReport("a:1"));
  expect(await kindsAfter(watch())).toEqual(["finding.new"]);
  await store.images.put(imageIdOf("b:1"), sampleReport("b:1"));
  const [one, other] = [watch(), watch()];
  await one.step();
  await other.step();
  expect((await told()).map(({ title }) => title)).toEqual(["2 new findings in b:1: 1 critical, 1 medium"]);
});

it("goes on with the newest where changes were forgotten before they were read", async () => {
  await store.settings.notices.add([], clock.now(), 1);
  for (let image = 0; image < 3; image += 1)
    await store.images.put(imageIdOf(`${image}`), sampleReport(`${image}`));
  await store.settings.notices.add([], clock.now(), 99_999);
  expect(await kindsAfter(watch())).toEqual([]);
  expect(await store.settings.notices.position()).toBe(await store.changes.last());
});

describe("the server's log", () => {
  const exporter = {
    id: "siem",
    kind: "webhook",
    name: "SIEM",
    enabled: true,
    format: "ocsf",
    settings: {},
    sealedSecrets: null,
    secretNames: [],
    revision: "r1",
    lastError: "the receiver answered 500",
  };
  const lag = { exporter, exported: 5, entries: 7, seconds: 301 };
  const witness = { name: "w.example/w1", key: "k", state: "refuses" as const, size: 9, seenAt: null };

  it("is told of where an export is behind or a witness refuses it, once a day, whichever server looks", async () => {
    logState = {
      exporters: [lag],
      witnesses: [{ ...witness, detail: "it has seen 9 entries, and is shown 4" }],
    };
    const one = watch();
    await one.step();
    expect(await told()).toMatchObject([
      {
        kind: "export.failing",
        severity: "high",
        text: expect.stringContaining("the receiver answered 500\n7 entries wait"),
        link: "https://console.example/settings/exports",
      },
      {
        kind: "audit.problem",
        severity: "critical",
        title: "The witness w.example/w1 knows another history of the audit log",
        text: expect.stringContaining("it has seen 9 entries, and is shown 4"),
        link: "https://console.example/audit",
      },
    ]);
    clock.advance(MINUTE_MS);
    expect(await kindsAfter(one)).toEqual([]);
    expect(await kindsAfter(watch())).toEqual([]);
    clock.advance(DAY_MS);
    expect(await kindsAfter(one)).toEqual(["export.failing", "audit.problem"]);
  });

  it("is not told of where an export is prompt or switched off, or a witness agrees", async () => {
    logState = {
      exporters: [
        { ...lag, seconds: 299 },
        { ...lag, exporter: { ...exporter, enabled: false } },
      ],
      witnesses: [
        { ...witness, state: "agrees" },
        { ...witness, state: "silent" },
      ],
    };
    expect(await kindsAfter(watch())).toEqual([]);
  });
});

describe("agents", () => {
  it("that are silent are told once for each silence, and not before they could be heard", async () => {
    await hear("web-1", { team: "shop" });
    clock.advance(10 * MINUTE_MS);
    const first = watch();
    expect(await kindsAfter(first)).toEqual([]);
    clock.advance(2 * MINUTE_MS);
    await first.step();
    expect(await told()).toMatchObject([
      { kind: "agent.silent", labels: { team: "shop" }, link: "https://console.example/hosts/web-1" },
    ]);
    clock.advance(MINUTE_MS);
    expect(await kindsAfter(first)).toEqual([]);
    await hear("web-1");
    clock.advance(2 * MINUTE_MS);
    expect(await kindsAfter(first)).toEqual(["agent.silent"]);
  });

  it("that are silent are told also after a clock that was years ahead", async () => {
    await hear("web-1");
    clock.advance(3653 * DAY_MS);
    const first = watch();
    await first.step();
    clock.advance(-3653 * DAY_MS);
    await first.step();
    await told();
    clock.advance(12 * MINUTE_MS);
    expect(await kindsAfter(first)).toEqual(["agent.silent"]);
  });

  it("that join, are cloned and are revoked are told", async () => {
    const { identities } = store.fleet;
    const eyes = watch();
    await eyes.step();
    const joinedAt = new Date(clock.now()).toISOString();
    const expiresAt = "2026-12-25T10:00:00.000Z";
    await identities.put({
      host: "web-1",
      serial: "01",
      previousSerial: null,
      joinedAt,
      expiresAt,
      labels: {},
    });
    expect(await kindsAfter(eyes)).toEqual(["host.joined"]);
    await hear("web-1");
    expect(await kindsAfter(eyes)).toEqual([]);
    await identities.markCloned("web-1");
    expect(await kindsAfter(eyes)).toEqual(["agent.cloned"]);
    await identities.revoke("web-1");
    expect(await kindsAfter(watch())).toEqual(["host.revoked"]);
    clock.advance(DAY_MS);
    expect(await kindsAfter(eyes)).toEqual([]);
  });
});

describe("findings", () => {
  it("are told to each team on whose hosts the image lies; the image's own word counts only where no host has one", async () => {
    const eyes = watch();
    await hear("web-1", { team: "shop", env: "production" });
    await hear("web-2", { team: "bank", env: "production" });
    await hear("web-3", { env: "test" });
    await eyes.step();
    await told();
    const report = sampleReport("web:1");
    const config = {
      os: "linux",
      architecture: "amd64",
      user: "",
      entrypoint: [],
      command: [],
      environment: [],
      workingDirectory: "",
      exposedPorts: [],
      volumes: [],
      labels: { team: "image-maker", maintainer: "m" },
      healthcheck: [],
    };
    for (const host of ["web-1", "web-2", "web-3"]) {
      await store.fleet.containers.replace({
        host,
        takenAt: new Date(clock.now()).toISOString(),
        containers: [
          { id: "c", name: "c", image: "web:1", imageId: imageIdOf("web:1"), state: "running", document: {} },
        ],
      });
    }
    await store.images.put(imageIdOf("web:1"), { ...report, config });
    await eyes.step();
    const found = (await told()).filter(({ kind }) => kind === "finding.new");
    expect(found.map(({ labels }) => labels)).toEqual([
      { team: "shop", env: "production" },
      { team: "bank", env: "production" },
      { team: "image-maker", env: "test" },
    ]);
  });
});

describe("approvals", () => {
  it("are told when they are asked for and when they are decided, with the labels of what they are about", async () => {
    const { approvals } = store.people;
    await approvals.add(approval);
    const eyes = watch();
    await eyes.step();
    expect(await told()).toMatchObject([
      {
        kind: "approval.requested",
        labels: { team: "shop" },
        link: "https://console.example/approvals/a-1",
        text: expect.stringContaining("it was stolen"),
      },
    ]);
    expect(await kindsAfter(eyes)).toEqual([]);
    const decidedAt = new Date(clock.now()).toISOString();
    await approvals.move("a-1", "pending", {
      state: "rejected",
      decidedBy: "bob",
      decidedAt,
      comment: "no",
      failure: null,
    });
    expect(await kindsAfter(watch())).toEqual(["approval.decided"]);
  });

  it("expire when nobody decides, and that is told", async () => {
    await store.people.approvals.add(approval);
    const eyes = watch();
    expect(await kindsAfter(eyes)).toEqual(["approval.requested"]);
    clock.advance(DAY_MS);
    await eyes.step();
    expect(await told()).toMatchObject([
      { kind: "approval.decided", title: expect.stringContaining("has expired") },
    ]);
    expect(await store.people.approvals.find("a-1")).toMatchObject({ state: "expired", decidedBy: null });
  });
});

it("tells of each launch that was refused, also where many come together", async () => {
  const eyes = watch();
  await hear("web-1", { team: "shop" });
  await eyes.step();
  await told();
  const records = chainOf(Array.from({ length: 40 }, (_, at) => launchData(`app:${at}`)));
  const project = (record: AuditRecord) => {
    const found = projectLaunch(record);
    return found === "unreadable" ? undefined : found;
  };
  for (const some of [records.slice(0, 2), records.slice(2)]) {
    await store.records.append({ logId: "log-web-1", host: "web-1", records: some, project });
    await eyes.step();
  }
  await watch().step();
  const notices = await told();
  expect(notices).toHaveLength(40);
  expect(new Set(notices.map(({ id }) => id)).size).toBe(40);
  expect(notices).toEqual(
    notices.map(() => expect.objectContaining({ kind: "launch.denied", labels: { team: "shop" } })),
  );
});

describe("detections", () => {
  type Records = Parameters<typeof runtimeChainOf>[0];

  /** A log that the host begins with these records. */
  async function record(host: string, records: Records): Promise<void> {
    await store.records.append({
      logId: `log-${host}`,
      host,
      records: runtimeChainOf(records),
      project: () => undefined,
      projectRuntime: (each) => {
        const found = projectRuntime(each);
        return found === "unreadable" ? undefined : found;
      },
    });
  }

  const detection = (more = {}): Records[number] => ({
    class: "detection",
    data: detectionData("ghcr.io/acme/app:1", more),
  });
  const response = (action: string, more = {}): Records[number] => ({
    class: "response",
    action,
    data: responseData("ghcr.io/acme/app:1", more),
  });

  it("that are urgent are told to the team of their host", async () => {
    const eyes = watch();
    await hear("web-1", { team: "shop" });
    await eyes.step();
    await told();
    await record("web-1", [detection(), detection({ priority: "error", rule: "Less urgent" })]);
    await eyes.step();
    expect(await told()).toMatchObject([
      {
        kind: "detection.raised",
        severity: "critical",
        labels: { team: "shop" },
        title: "Drifted program executed on web-1",
        text: expect.stringContaining("It was prevented"),
        link: "https://console.example/detections/log-web-1.1",
      },
    ]);
  });

  it("of a flood are one message with their count, those that the host left out included", async () => {
    const eyes = watch();
    await eyes.step();
    const flood = Array.from({ length: 300 }, (_, at) =>
      detection({ id: `d-${at}`, suppressed: at === 299 ? 1000 : 0 }),
    );
    await record("web-1", [...flood, detection({ rule: "Another" })]);
    await record("web-2", [detection()]);
    await eyes.step();
    expect((await told()).map(({ title }) => title)).toEqual([
      "1300 × Drifted program executed on web-1",
      "Another on web-1",
      "Drifted program executed on web-2",
    ]);
  });

  it("of a host that makes up rules are a bounded number of messages, and hide nothing of another host", async () => {
    const eyes = watch();
    await eyes.step();
    const rules = Array.from({ length: 500 }, (_, at) =>
      detection({ rule: `rule ${at}`, output: "x".repeat(9000) }),
    );
    await record("web-1", rules);
    await record("web-2", [detection()]);
    await eyes.step();
    const titles = (await told()).map(({ title }) => title);
    expect(titles.length).toBe(52);
    expect(titles.slice(-2)).toEqual(["450 × Other rules on web-1", "Drifted program executed on web-2"]);
  });

  it("are told from the priority on that is set", async () => {
    const eyes = watch();
    await eyes.step();
    await setDetectionSettings(store, { notifyFrom: "warning" });
    await record("web-1", [
      detection({ rule: "a", priority: "notice" }),
      detection({ rule: "b", priority: "warning" }),
    ]);
    await eyes.step();
    expect((await told()).map(({ title, severity }) => [title, severity])).toEqual([
      ["b on web-1", "medium"],
    ]);
  });

  it("are told once, whichever server goes on, and whatever a host wrote", async () => {
    await watch().step();
    const output = "x".repeat(60_000);
    await record("web-1", [detection({ output, container: null })]);
    expect(await kindsAfter(watch())).toEqual(["detection.raised"]);
    expect(await kindsAfter(watch())).toEqual([]);
  });

  it.each([
    ["failed", response("response.failed"), "could not be done"],
    ["could not be undone", response("response.release-failed"), "could not be undone"],
    [
      "was not proved",
      response("response.done", { proof: { proved: false } }),
      "does not show that it works",
    ],
    ["is off for there were too many", response("response.breaker-tripped"), "too many at once"],
  ])("tell of a response that %s", async (_, failed, expected) => {
    const eyes = watch();
    await eyes.step();
    await record("web-1", [failed]);
    await eyes.step();
    expect(await told()).toMatchObject([
      {
        kind: "response.failed",
        title: expect.stringContaining(expected),
        link: "https://console.example/containers/web-1~c1",
      },
    ]);
  });

  it("tell of a response about what no engine would call so by its host", async () => {
    const eyes = watch();
    await eyes.step();
    const container = { id: "\u{1f4a3}".repeat(120), name: "x".repeat(60_000), image: "" };
    await record("web-1", [response("response.failed", { container })]);
    await eyes.step();
    expect(await told()).toMatchObject([{ link: "https://console.example/hosts/web-1" }]);
  });

  it("tell of no response that is as it should be", async () => {
    const eyes = watch();
    await eyes.step();
    await record("web-1", [
      response("response.intended", { proof: null }),
      response("response.done"),
      response("response.released", { proof: null }),
    ]);
    expect(await kindsAfter(eyes)).toEqual([]);
  });
});

function imageIdOf(reference: string) {
  const { imageId } = sampleReport(reference).target;
  if (imageId === undefined) throw new Error("the sample has no image id");
  return imageId;
}
