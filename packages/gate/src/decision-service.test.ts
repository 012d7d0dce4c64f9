import { setImmediate as letItRun } from "node:timers/promises";
import { type AuditEvent, denials } from "@pratique/core";
import { evaluate, loadPolicies } from "@pratique/policy";
import { assert, asyncProperty, constantFrom, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecisionServiceOptions } from "./decision-service.ts";
import type { EngineActionRules } from "./doors/docker-authz/engine-actions.ts";
import type { EngineRequest } from "./doors/docker-authz/request.ts";
import { routes } from "./doors/docker-authz/routes.ts";
import { call, FACTS, HOST, IMAGE, POLICIES, policiesDenying, stage, viewOf } from "./testdata/ports.ts";

const CREATE = "/v1.45/containers/create";
const honest = call("POST", `${CREATE}?name=web`, { Image: "app:1", HostConfig: {} });
const privileged = call("POST", CREATE, { Image: "app:1", HostConfig: { Privileged: true } });
const misspelt = call("POST", CREATE, { Image: "app:1", hostConfig: {} });

const CONTAINER = {
  Id: "1".repeat(64),
  Name: "/web",
  Image: IMAGE.id,
  Config: {},
  HostConfig: { Privileged: true },
};
const NO_UNCONFINED = policiesDenying("no-unconfined", 'launch.seccomp == "unconfined"');
const start = call("POST", `/containers/${CONTAINER.Id}/start`);
const brokenSink = {
  append: () => {
    throw new Error("disk full");
  },
  flushed: async () => undefined,
};

describe("a rehearsal", () => {
  it("keeps the evidence of policies, and leaves no record, no count and no question about an image", async () => {
    const asked: string[] = [];
    const view = viewOf();
    const inspectImage = async (reference: string) => {
      asked.push(reference);
      return undefined;
    };
    const { service, records, kept } = stage({}, { view: { ...view, inspectImage } });
    await service.warmUp();
    expect(kept).toEqual([JSON.stringify(POLICIES.documents), "[]"]);
    expect([records, asked]).toEqual([[], []]);
    expect(service.statistics.counts()).toMatchObject({ reads: 0, allowed: 0, denied: 0, failed: 0 });
  });

  it("ends well where the engine, the policies and the evidence are out of reach", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    const view = { ...viewOf(), cgroupVersion: async () => broken() };
    const policies = { policies: broken, exceptions: broken, host: broken };
    await expect(
      stage({}, { view, policies, evidence: { put: broken } }).service.warmUp(),
    ).resolves.toBeUndefined();
  });
});

describe("a copy from or to a container", () => {
  const RUN = { Type: "bind", Source: "/run", Destination: "/r", RW: true };
  const content = {
    containers: {
      trap: { ...CONTAINER, HostConfig: {}, Mounts: [RUN] },
      plain: {
        ...CONTAINER,
        HostConfig: {},
        Mounts: [{ Type: "volume", Name: "v", Destination: "/v", RW: true }],
      },
    },
  };
  const policies = policiesDenying(
    "no-run",
    'launch.mounts.exists(mount, mount.hostPath.isWithin(["/run"]))',
  );
  const options = {
    policies: { policies: () => policies, exceptions: () => [], host: () => HOST },
  };

  it.each(["GET", "HEAD", "PUT"])(
    "is judged as a start where a mount leads to the host: %s",
    async (method) => {
      const { service, records } = stage(content, options);
      const decision = await service.decide(call(method, "/containers/trap/archive?path=/r"));
      expect(decision.allow).toBe(false);
      expect(decision.message).toContain("policy refuses this copy");
      expect(records).toMatchObject([{ class: "verdict", action: "launch.denied" }]);
    },
  );

  it("passes where none does, and is in the record where something is brought in", async () => {
    const { service, records } = stage(content, options);
    expect(await service.decide(call("GET", "/containers/plain/archive?path=/v"))).toMatchObject({
      allow: true,
    });
    expect(records).toEqual([]);
    expect(await service.decide(call("PUT", "/containers/plain/archive?path=/v"))).toMatchObject({
      allow: true,
    });
    expect(records).toMatchObject([{ data: { actions: ["container.archive-put"] } }]);
  });
});

describe("a change of a container's limits", () => {
  const policies = policiesDenying(
    "limits",
    "launch.memoryLimitBytes <= 0 || launch.memoryLimitBytes > 100 || launch.pidsLimit <= 0",
  );
  const options = { policies: { policies: () => policies, exceptions: () => [], host: () => HOST } };
  const limited = (Memory: number) => ({
    containers: {
      app: {
        ...CONTAINER,
        HostConfig: { Memory, PidsLimit: 10 },
        State: { StartedAt: "2026-01-01T00:00:00Z" },
      },
    },
  });

  it.each([
    ["what breaks a rule that it keeps is refused", 100, { Memory: 101 }, false],
    ["and to have no limit", 100, { PidsLimit: 0 }, false],
    ["what keeps it passes", 50, { Memory: 100, PidsLimit: 5 }, true],
    ["what says nothing of it passes", 100, { Memory: 0, CpuShares: 5, RestartPolicy: { Name: "" } }, true],
    ["where it was broken before, the rule says nothing", 500, { Memory: 200 }, true],
  ])("is judged by what comes of it: %s", async (_what, memory, body, allow) => {
    const { service, records } = stage(limited(memory), options);
    const decision = await service.decide(call("POST", "/containers/app/update", body));
    expect(decision.allow).toBe(allow);
    const action = allow ? "call.allowed" : "launch.denied";
    expect(records).toMatchObject([{ action }]);
    expect(decision.message.includes("policy refuses this update")).toBe(!allow);
  });
});

it("judges the container that has the name when the scan has ended", async () => {
  const containers: Record<string, object> = {
    app: { ...CONTAINER, HostConfig: {} },
    other: { ...CONTAINER, Id: "2".repeat(64) },
  };
  const view = { ...viewOf(), inspectContainer: async (name: string) => ({ ...containers[name] }) };
  const { service } = stage(
    {},
    {
      view,
      images: {
        facts: () => undefined,
        requestScan: async () => {
          containers.app = { ...containers.other };
          await service.decide(call("POST", "/containers/other/rename?name=app"));
          return FACTS;
        },
      },
    },
  );
  expect(await service.decide(call("POST", "/containers/app/start"))).toMatchObject({
    allow: false,
    message: expect.stringContaining("no-privileged"),
  });
});

it.each([
  ["a container that may be made", honest, false],
  ["one that may not", call("POST", CREATE, { Image: "app:1", HostConfig: { Privileged: true } }), true],
  ["one whose image is absent", call("POST", CREATE, { Image: "other:1" }), true],
  ["a start that may not be", start, true],
  ["a network", call("POST", "/networks/create", { Name: "n" }), true],
])("waits for the flush of what comes to something: %s", async (_, asked, flush) => {
  const { service, flushed } = stage({ containers: { [String(CONTAINER.Id)]: CONTAINER } });
  await service.decide(asked);
  expect(flushed).toEqual([flush]);
});

describe("a start that may be", () => {
  const harmless = { ...CONTAINER, HostConfig: {} };
  const full = new Error("no space left on device");

  /** A service whose record is on the disk when `flush` resolves. */
  function flushing(flush: Promise<void>, options: Partial<DecisionServiceOptions> = {}) {
    const append = (event: AuditEvent) => ({ ...event, sequence: 1, time: "", previousHash: "", hash: "" });
    const audit = { append, flushed: () => flush };
    return stage({ containers: { [CONTAINER.Id]: harmless } }, { audit, ...options }).service;
  }

  it("is let in while its record is being flushed, and settled when it is on the disk", async () => {
    const flush = Promise.withResolvers<void>();
    const service = flushing(flush.promise);
    await service.settled(() => undefined);
    expect((await service.decide(start)).allow).toBe(true);
    const settled = service.settled(() => undefined).then(() => "settled");
    expect(await Promise.race([settled, letItRun("waiting")])).toBe("waiting");
    flush.resolve();
    expect(await settled).toBe("settled");
  });

  it.each([
    ["says so to who waits for it", {}, true],
    ["says so to nobody where it only observes", { mode: "observe" }, false],
    ["says so to nobody where the operator would rather go on", { passesUnrecorded: () => true }, false],
  ] as const)("cannot be brought to the disk, and %s", async (_, options, isTold) => {
    const service = flushing(Promise.reject(full), options);
    expect((await service.decide(start)).allow).toBe(true);
    const told = await service
      .settled(() => undefined)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(told).toBe(isTold ? full : undefined);
  });
});

describe("a record that is full", () => {
  it.each([
    ["refuses what policies allow", false, honest, false],
    ["lets it pass where the operator says so", true, honest, true],
    ["refuses what policies refuse all the same", true, privileged, false],
    ["refuses what cannot be read all the same", true, misspelt, false],
  ])("%s", async (_, passes, asked, allow) => {
    const options = { audit: brokenSink, passesUnrecorded: () => passes };
    const { service } = stage({}, options);
    expect((await service.decide(asked)).allow).toBe(allow);
    expect(service.unrecorded).toBe(passes ? 1 : 0);
  });
});

describe("a question what the engine speaks", () => {
  const ping = { method: "HEAD", uri: "/_ping", status: 200, body: new Uint8Array() };

  it("has a create judged for nothing, and not again until some time has passed", async () => {
    let judged = 0;
    let now = 0;
    const policies = {
      policies: () => {
        judged += 1;
        return POLICIES;
      },
      exceptions: () => [],
      host: () => ({ name: "h", labels: {}, kernel: "", engineVersion: "" }),
    };
    const { service, records } = stage({}, { policies, elapsedMs: () => now });
    const pings = async () => {
      service.ended(ping);
      service.ended(ping);
      await letItRun();
      return judged;
    };
    expect(await pings()).toBe(1);
    now = 1000;
    expect(await pings()).toBe(2);
    expect(records).toEqual([]);
  });
});

describe("a launch", () => {
  it("is allowed, and recorded with all that the verdict was computed from", async () => {
    const { service, records, kept } = stage();
    expect(await service.decide(honest)).toEqual({ allow: true, message: "" });
    expect(records).toEqual([
      expect.objectContaining({ class: "verdict", action: "launch.allowed", actor: "engine-socket" }),
    ]);
    expect(records[0]?.data).toMatchObject({
      call: "POST /containers/create",
      mode: "enforce",
      decision: "allow",
      policyRevision: POLICIES.revision,
      decidedAt: "2026-01-01T00:00:00.000Z",
      imageId: IMAGE.id,
      host: { name: "h", labels: {}, kernel: "6.1", engineVersion: "26.1.5" },
      launch: { action: "create", name: "web", image: "app:1", privileged: false },
    });
    expect(kept).toContain(JSON.stringify(FACTS));
  });

  it("is denied with the rule, the value, the fix and the way to an exception", async () => {
    const { service, records } = stage();
    const { allow, message } = await service.decide(privileged);
    expect(allow).toBe(false);
    expect(message.split("\n")).toEqual([
      "policy refuses this launch of app:1",
      "  test/no-privileged: the launch is privileged",
      "    found: --privileged",
      "    fix:   leave it out",
      "  to ask for an exception: pratique policy exception grant --rule test/no-privileged --image app:1 --expires 7d --reason WHY --owner WHO",
    ]);
    expect(records[0]?.action).toBe("launch.denied");
  });

  it("has its big evidence kept once", async () => {
    const { service, kept } = stage();
    await service.decide(honest);
    const once = kept.length;
    await service.decide(privileged);
    expect(kept).toHaveLength(once);
  });

  it("can be judged again from its record", async () => {
    const { service, records } = stage();
    await service.decide(privileged);
    const data: AuditEvent["data"] = records[0]?.data ?? {};
    // Sound: the record holds the nouns as they were.
    const again = evaluate(POLICIES, {
      stage: "launch",
      image: FACTS,
      launch: data.launch as never,
      host: data.host as never,
      now: new Date(String(data.decidedAt)),
    });
    expect(JSON.parse(JSON.stringify(again))).toEqual(data.verdict);
    expect(denials(again)).toHaveLength(1);
  });

  it("with a very long list of labels is recorded by digest", async () => {
    const { service, records, kept } = stage();
    const Labels = { long: "x".repeat(40_000) };
    await service.decide(call("POST", CREATE, { Image: "app:1", Labels }));
    expect(records[0]?.data.evidence).toMatchObject({ launch: expect.stringMatching(/^sha256:/u) });
    expect(records[0]?.data.launch).toBeUndefined();
    expect(kept.some((text) => text.includes("x".repeat(40_000)))).toBe(true);
  });

  it("of a container that exists is judged by what the engine says, not by what was asked", async () => {
    const { service } = stage({ containers: { web: CONTAINER } });
    for (const verb of ["start", "restart", "unpause"]) {
      const { allow, message } = await service.decide(call("POST", `/containers/web/${verb}`));
      expect([allow, message]).toEqual([false, expect.stringContaining("test/no-privileged")]);
    }
  });

  it.each([
    ["/containers/gone/start", "No such container: gone"],
    ["/containers/gone/exec", "No such container: gone"],
    ["/exec/gone/start", "No such exec instance: gone"],
  ])(
    "of what the engine does not know is denied in the engine's words, and is no failure of the gate: %s",
    async (target, words) => {
      const { service, records } = stage();
      const { allow, message } = await service.decide(
        call("POST", target, target.endsWith("exec") ? {} : undefined),
      );
      expect([allow, message.split("\n")[0]]).toEqual([false, words]);
      expect(records[0]).toMatchObject({ action: "call.denied", data: { code: "SUBJECT_UNKNOWN" } });
      expect(service.statistics.counts()).toMatchObject({ denied: 1, failed: 0 });
    },
  );

  it("of an image that the engine does not have passes, so that the client may pull it", async () => {
    const policies = policiesDenying("root", "launch.runsAsRoot || image.user == 'root' || !image.known");
    const { service, records } = stage(
      { images: {} },
      { policies: { policies: () => policies, exceptions: () => [], host: () => HOST } },
    );
    expect((await service.decide(honest)).allow).toBe(true);
    expect(records[0]?.action).toBe("create.image-absent");
  });

  it.each([
    ["linux/amd64", true, true],
    ["linux/386", true, false],
    ["linux/386", false, true],
  ])("for %s of an image that may have several (%s) is let pass: %s", async (platform, several, allow) => {
    const { service } = stage({ containerdImageStore: several });
    const create = call("POST", `${CREATE}?platform=${platform}`, { Image: "app:1" });
    expect((await service.decide(create)).allow).toBe(allow);
  });

  it("that asks for what cannot be read tells what to change, and is no failure of the gate", async () => {
    const { service, records } = stage();
    const { allow, message } = await service.decide(
      call("POST", CREATE, { Image: "app:1", HostConfig: { Binds: ["a:b:c:d"] } }),
    );
    expect([allow, message]).toEqual([
      false,
      expect.stringMatching(/refuses this call: .*a:b:c:d.*\n {2}fix: /u),
    ]);
    expect(records).toMatchObject([{ action: "call.denied", data: { code: "LAUNCH_UNREADABLE" } }]);
    expect(service.statistics.counts()).toMatchObject({ denied: 1, failed: 0 });
  });

  it("of such an image is refused for what is wrong with any, since the image may come meanwhile", async () => {
    const { service, records } = stage({ images: {} });
    const { allow, message } = await service.decide(privileged);
    expect([allow, message.split("\n")[1]]).toEqual([
      false,
      "  test/no-privileged: the launch is privileged",
    ]);
    expect(records).toMatchObject([{ action: "launch.denied" }]);
  });

  it("without an image is judged by the rest", async () => {
    const { service } = stage();
    const { message } = await service.decide(call("POST", CREATE, { HostConfig: { Privileged: true } }));
    expect(message).toContain("test/no-privileged");
    expect(message).toContain("built-in/assessed");
  });

  describe("of a service that is rolled back", () => {
    const task = (more: object) => ({ TaskTemplate: { ContainerSpec: { Image: "app:1", ...more } } });
    const rollback = (name: string, query = "version=7&rollback=previous") =>
      call("POST", `/services/${name}/update?${query}`, task({}));
    const services = {
      worse: { PreviousSpec: task({ Privileges: { Seccomp: { Mode: "unconfined" } } }) },
      plugin: { PreviousSpec: { TaskTemplate: { PluginSpec: { Name: "p" } } } },
      better: { PreviousSpec: task({}) },
      new: {},
    };
    const policies = {
      policies: () => NO_UNCONFINED,
      exceptions: () => [],
      host: () => ({ name: "h", labels: {}, kernel: "", engineVersion: "" }),
    };

    it.each<[string, EngineRequest, boolean]>([
      ["what it had before", rollback("worse"), false],
      ["the actions of what it had before", rollback("plugin"), false],
      ["what it had before, where that is harmless", rollback("better"), true],
      ["what is shown, where it had nothing before", rollback("new"), true],
      ["what is shown, where that is what it gets", rollback("worse", "version=7"), true],
    ])("is judged by %s", async (_, request, allowed) => {
      const { service } = stage({ services }, { policies });
      expect((await service.decide(request)).allow).toBe(allowed);
    });

    it("is refused where there is no such service, or the parameter comes twice", async () => {
      const { service } = stage({ services }, { policies });
      const gone = await service.decide(rollback("gone"));
      expect(gone).toMatchObject({ allow: false, message: expect.stringContaining("No such service: gone") });
      const twice = await service.decide(rollback("worse", "rollback=none&rollback=previous"));
      expect(twice.allow).toBe(false);
    });
  });

  it("as a command is judged at its start again", async () => {
    const container = { ...CONTAINER, HostConfig: {} };
    const execs = { e1: { ContainerID: "web", ProcessConfig: { privileged: true, entrypoint: "sh" } } };
    const { service } = stage({ containers: { web: container }, execs });
    expect((await service.decide(call("POST", "/containers/web/exec", { Cmd: ["sh"] }))).allow).toBe(true);
    expect((await service.decide(call("POST", "/exec/e1/start", { Detach: true }))).allow).toBe(false);
  });
});

describe("a container that the engine has just made", () => {
  const made = { ...CONTAINER, HostConfig: {} };
  const update = call("POST", "/containers/web/update", {});
  const reply = { method: "POST", uri: CREATE, status: 201, body: Buffer.from(`{"Id":"${made.Id}"}`) };

  /** A service that has been open for a while, and how often its engine was asked about containers. */
  function opened(options: Partial<DecisionServiceOptions> = {}) {
    const asked: string[] = [];
    let now = 0;
    const content = { containers: { [made.Id]: made, web: made } };
    const inspectContainer = async (name: string) => {
      asked.push(name);
      return viewOf(content).inspectContainer(name);
    };
    const view = { ...viewOf(content), inspectContainer, inspectNewContainer: inspectContainer };
    const { service, records, kept } = stage({}, { view, elapsedMs: () => now, ...options });
    now = 10_000;
    return { service, asked, records, kept };
  }

  it("is judged at its start by what the engine has said of it since", async () => {
    const { service, asked } = opened();
    service.ended(reply);
    expect((await service.decide(start)).allow).toBe(true);
    expect(asked).toEqual([made.Id]);
  });

  it("is answered at its start with the verdict of a moment before, which is recorded then", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const { service, records } = opened({ now: () => new Date(now) });
    service.ended(reply);
    await letItRun();
    now += 100;
    await service.decide(start);
    expect(records).toMatchObject([{ data: { decidedAt: "2026-01-01T00:00:00.000Z", stage: "launch" } }]);
    now += 1000;
    await service.decide(start);
    expect(records[1]).toMatchObject({ data: { decidedAt: "2026-01-01T00:00:01.100Z" } });
  });

  it.each(["1", "2"])("is answered so under cgroups of version %s", async (cgroupVersion) => {
    const view = {
      ...viewOf({ containers: { [made.Id]: { ...made, HostConfig: { CgroupnsMode: "host" } } } }),
      cgroupVersion: async () => cgroupVersion,
    };
    let now = Date.parse("2026-01-01T00:00:00Z");
    const { service, records } = opened({ view, now: () => new Date(now) });
    service.ended(reply);
    await letItRun();
    now += 100;
    await service.decide(start);
    expect(records).toMatchObject([{ data: { decidedAt: "2026-01-01T00:00:00.000Z" } }]);
  });

  it("is judged beforehand for nothing: without a record, a count, evidence, a scan or a question", async () => {
    const volumes = { ...made, HostConfig: { Binds: ["data:/data"], PidMode: "container:web" } };
    const asked: string[] = [];
    const facts = Promise.withResolvers<void>();
    const images = {
      facts: () => {
        facts.resolve();
        return undefined;
      },
      requestScan: async () => {
        asked.push("scan");
        return undefined;
      },
    };
    const inspectContainer = async (name: string) => {
      asked.push(name);
      return volumes;
    };
    const view = {
      ...viewOf(),
      inspectContainer,
      inspectNewContainer: inspectContainer,
      inspectVolume: async (name: string) => {
        asked.push(name);
        return undefined;
      },
    };
    const { service, records, kept } = opened({ view, images });
    service.ended(reply);
    await facts.promise;
    await letItRun();
    expect({ asked, records, kept }).toEqual({ asked: [made.Id], records: [], kept: [] });
    expect(service.statistics.counts()).toMatchObject({ reads: 0, allowed: 0, denied: 0, failed: 0 });
  });

  it.each([
    ["failed", { ...reply, status: 409 }],
    ["was another", { ...reply, uri: "/networks/create" }],
    ["is not shown", { ...reply, body: new Uint8Array() }],
    ["is not JSON", { ...reply, body: Buffer.from('{"Id":') }],
    ["cannot be read", undefined],
  ])("is asked about at its start where the create %s", async (_, other) => {
    const { service, asked } = opened();
    service.ended(other);
    expect(asked).toEqual([]);
    await service.decide(start);
    expect(asked).toEqual([made.Id]);
  });

  it("is asked about again after it was changed, or may have been", async () => {
    for (const mode of ["enforce", "observe"] as const) {
      for (const change of [update, misspelt]) {
        const { service, asked } = opened({ mode });
        service.ended(reply);
        await service.decide(change);
        service.ended({ method: "POST", uri: change.uri, status: 200, body: new Uint8Array() });
        await service.decide(start);
        // The update itself is judged by the container that it names.
        expect(asked.filter((name) => name !== "web")).toEqual([made.Id, made.Id]);
      }
    }
  });

  it("waits for no call that was refused", async () => {
    const { service, asked } = opened({ actionRules: () => ({ "container.update": "deny" }) });
    await service.decide(update);
    service.ended(reply);
    await service.decide(start);
    expect(asked).toEqual([made.Id]);
  });
});

describe("an image that was not scanned", () => {
  it("is scanned while the launch waits, once for all who wait", async () => {
    const scan = Promise.withResolvers<typeof FACTS>();
    let scans = 0;
    const images = {
      facts: () => undefined,
      requestScan: () => {
        scans += 1;
        return scan.promise;
      },
    };
    const { service } = stage({}, { images });
    const waiting = [service.decide(honest), service.decide(honest)];
    scan.resolve(FACTS);
    expect((await Promise.all(waiting)).map(({ allow }) => allow)).toEqual([true, true]);
    expect(scans).toBe(1);
  });

  it("is denied where it could not be", async () => {
    const { service } = stage({}, { images: { facts: () => undefined, requestScan: async () => undefined } });
    const { allow, message } = await service.decide(honest);
    expect([allow, message]).toEqual([false, expect.stringContaining("built-in/assessed")]);
  });

  it("is told to stop when the budget is spent, and has no verdict where that does not help", async () => {
    const signals: AbortSignal[] = [];
    const images = {
      facts: () => undefined,
      requestScan: (_id: string, signal: AbortSignal) => {
        signals.push(signal);
        return new Promise<undefined>(() => undefined);
      },
    };
    const { service, records } = stage({}, { images, scanBudgetMs: 5, deadlineMs: 5 });
    const { allow, message } = await service.decide(honest);
    expect([allow, message]).toEqual([
      false,
      expect.stringContaining("no verdict: not decided within 10 ms"),
    ]);
    expect(signals[0]?.aborted).toBe(true);
    expect(records.map(({ action }) => action)).toEqual(["call.failed"]);
  });
});

describe("what goes wrong", () => {
  it("denies where the record cannot be written, and lets reads pass", async () => {
    const { service } = stage({}, { audit: brokenSink, recordReads: true });
    const { allow, message } = await service.decide(honest);
    expect([allow, message]).toEqual([false, expect.stringContaining("no verdict: disk full")]);
    expect((await service.decide(call("POST", "/images/create"))).allow).toBe(false);
    expect((await service.decide(misspelt)).allow).toBe(false);
    expect((await service.decide(call("GET", "/info"))).allow).toBe(true);
  });

  it("denies where the engine cannot be asked", async () => {
    const inspectImage = async () => {
      throw new Error("no connection");
    };
    const { service, records } = stage({}, { view: { ...viewOf(), inspectImage } });
    const { allow, message } = await service.decide(honest);
    expect([allow, message]).toEqual([false, expect.stringContaining("no verdict: no connection")]);
    expect(records[0]).toMatchObject({ action: "call.failed", data: { reason: "no connection" } });
    expect(service.statistics.counts()).toMatchObject({ denied: 1, failed: 1 });
  });

  it("denies where policies cannot be had", async () => {
    const policies = () => {
      throw new Error("state file is damaged");
    };
    const state = {
      policies,
      exceptions: () => [],
      host: () => ({ name: "", labels: {}, kernel: "", engineVersion: "" }),
    };
    const { service } = stage({}, { policies: state });
    expect((await service.decide(honest)).message).toContain("no verdict: state file is damaged");
  });
});

it("has no verdict on a container that the engine shows without its configuration", async () => {
  const { service } = stage({ containers: { web: { Id: "1", Image: IMAGE.id, Config: {} } } });
  const { allow, message } = await service.decide(call("POST", "/containers/web/start"));
  expect([allow, message]).toEqual([false, expect.stringContaining("without its configuration")]);
});

describe("a call that is no launch", () => {
  it("passes without a record where it reads, and never asks the engine", async () => {
    const unasked = new Proxy(viewOf(), {
      get: () => () => {
        throw new Error("the engine was asked");
      },
    });
    const { service, records } = stage({}, { view: unasked });
    expect((await service.decide(call("GET", "/containers/web/json"))).allow).toBe(true);
    expect(records).toEqual([]);
    expect(service.statistics.counts().reads).toBe(1);
  });

  it("is recorded where it changes something", async () => {
    const { service, records } = stage();
    expect((await service.decide(call("POST", "/images/create?fromImage=a"))).allow).toBe(true);
    expect(records[0]).toMatchObject({
      class: "gate",
      action: "call.allowed",
      data: { actions: ["image.in"] },
    });
  });

  it("is denied by the table, and allowed where the operator says so", async () => {
    const disable = call("POST", "/plugins/p/disable");
    expect((await stage().service.decide(disable)).message).toBe(
      'the gate refuses plugin.change\n  fix:   an operator can allow it: "plugin.change: allow" under gate.actions in pratique.yaml',
    );
    let rules: EngineActionRules = { "plugin.change": "allow" };
    const { service } = stage({}, { actionRules: () => rules });
    expect((await service.decide(disable)).allow).toBe(true);
    rules = { "plugin.change": "deny" };
    expect((await service.decide(disable)).allow).toBe(false);
  });

  it("is refused where it cannot be read in one way only", async () => {
    const { service, records } = stage();
    expect((await service.decide(misspelt)).message).toContain(
      'the engine would read the key as "HostConfig"',
    );
    expect(records[0]).toMatchObject({ action: "call.denied", data: { code: "BODY_AMBIGUOUS" } });
  });
});

it("never denies while it observes, and records what it would have done", async () => {
  const { service, records } = stage({}, { mode: "observe" });
  const calls = [
    privileged,
    misspelt,
    call("POST", "/plugins/p/disable"),
    call("POST", "/containers/gone/start"),
  ];
  for (const one of calls) expect(await service.decide(one)).toEqual({ allow: true, message: "" });
  expect(records.map(({ action }) => action)).toEqual([
    "launch.would-deny",
    "call.would-deny",
    "call.would-deny",
    "call.would-deny",
  ]);
  expect(service.statistics.counts()).toMatchObject({ wouldDeny: 4, denied: 0 });
});

it("answers any call, and never rejects", async () => {
  const { service } = stage();
  const targets = constantFrom(
    ...routes.map(({ method, pattern }) => [method, pattern.replaceAll(/\{.+?\}/gu, "x")]),
  );
  await assert(
    asyncProperty(targets, uint8Array(), string(), async ([method = "", target = ""], body, type) => {
      const headers = new Map([["content-type", type]]);
      const decision = await service.decide({ method, uri: target, headers, body, caller: "" });
      return typeof decision.allow === "boolean";
    }),
  );
});

describe("an image that was scanned before the policies asked for secrets", () => {
  const text = `apiVersion: pratique/v1
kind: Policy
metadata: {name: test}
spec:
  rules:
    - {name: no-secrets, forEach: {secret: image.secrets}, deny: "true", message: m, value: v, fix: f}
`;
  const asking = loadPolicies([{ path: "test.yaml", text }]);

  async function decideWith(scanned: typeof FACTS | undefined) {
    let scans = 0;
    const images = {
      facts: () => FACTS,
      requestScan: async () => {
        scans += 1;
        return scanned;
      },
    };
    const { service } = stage(
      {},
      {
        images,
        policies: {
          policies: () => asking,
          exceptions: () => [],
          host: () => ({ name: "h", labels: {}, kernel: "", engineVersion: "" }),
        },
      },
    );
    const [{ allow, message }, other] = await Promise.all([service.decide(honest), service.decide(honest)]);
    return { scans, allow, message, other };
  }

  it("is scanned anew", async () => {
    expect(await decideWith({ ...FACTS, secrets: [] })).toMatchObject({ scans: 1, allow: true });
  });

  it("is refused where it cannot be, by what is known of it", async () => {
    const { allow, message } = await decideWith(undefined);
    expect([allow, message]).toEqual([false, expect.stringContaining("nobody looked for secrets")]);
    expect(message).not.toContain("built-in/assessed");
  });

  it("is judged in one way for all who wait for the scan", async () => {
    const { scans, message, other } = await decideWith(undefined);
    expect([scans, other.message]).toEqual([1, message]);
  });
});
