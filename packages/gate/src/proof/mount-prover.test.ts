import { loadPolicies } from "@pratique/policy";
import { describe, expect, it } from "vitest";
import type { DecisionServiceOptions } from "../decision-service.ts";
import type { EngineReply } from "../doors/docker-authz/protocol.ts";
import type { Fields } from "../json-fields.ts";
import type { EngineView, FoundMount, MountProof } from "../ports.ts";
import { call, HOST, IMAGE, policiesDenying, stage, viewOf } from "../testdata/ports.ts";

const ID = "1".repeat(64);
const START = `/containers/${ID}/start`;
const PID = 42;
/** `/home/a` can be exchanged, and is judged to lie where it is said to. */
const CONTAINER: Fields = {
  Id: ID,
  Name: "/web",
  Image: IMAGE.id,
  Config: {},
  HostConfig: { Binds: ["/home/a:/t"] },
  State: { Running: true, Pid: PID, StartedAt: "2026-01-01T00:00:00Z" },
};
const ENDED: Fields = { ...CONTAINER, State: { Running: false, Pid: 0, StartedAt: "2026-01-01T00:00:00Z" } };
const RIGHT = { device: "8", inode: "1" };
const WRONG = { device: "8", inode: "9" };
const found = (identity: FoundMount["identity"]): readonly FoundMount[] => [
  {
    target: "/t",
    hostPath: identity === RIGHT ? "/home/a" : "/etc",
    identity,
    readOnly: false,
    shared: false,
  },
];
const reply = (status = 204, uri = START): (() => EngineReply) => {
  return () => ({ method: "POST", uri, status, body: new Uint8Array() });
};

interface Given {
  readonly container?: Fields | undefined;
  /** What the container has mounted; undefined where that cannot be seen. */
  readonly mounted?: readonly FoundMount[] | undefined;
  readonly options?: Partial<DecisionServiceOptions>;
  readonly proof?: Partial<MountProof>;
  /** Where `/home/a` leads. */
  readonly leads?: () => string;
  /** Whether the engine asks the gate about calls, the gate's own included. */
  readonly asks?: () => boolean;
}

function proving(given: Given) {
  const {
    container = CONTAINER,
    mounted,
    options,
    proof,
    leads = () => "/home/a",
    asks = () => true,
  } = given;
  const done: string[] = [];
  const mountProof: MountProof = {
    mounts: {
      identify: (hostPath) => (hostPath === "/home/a" ? RIGHT : WRONG),
      mountsOf: (pid) => (pid === PID ? mounted : undefined),
      processes: () => [],
      endProcess: (pid) => done.push(`end ${pid}`),
    },
    kill: async () => void done.push("kill"),
    // The engine says that it has started the container before anybody looks again.
    sleep: () => new Promise(() => undefined),
    whenUnproved: "refuse",
    ...proof,
  };
  const paths = {
    resolve: (hostPath: string) => (hostPath === "/home/a" ? leads() : hostPath),
    isExchangeable: (hostPath: string) => hostPath.startsWith("/home"),
    kind: () => "other" as const,
  };
  const content = { containers: { [ID]: container } };
  const known = viewOf(content);
  const view: EngineView = {
    ...known,
    inspectContainer: async (name) => {
      if (asks()) await staged.service.decide(call("GET", `/containers/${name}/json`));
      return known.inspectContainer(name);
    },
  };
  const staged = stage(content, { mountProof, paths, view, ...options });
  const settle = (status?: number) =>
    staged.service.settled(reply(status)).then(
      () => "fine",
      (thrown: Error) => thrown.message,
    );
  return { ...staged, done, settle, mounts: mountProof.mounts };
}

const actionsOf = ({ records }: ReturnType<typeof proving>) => records.map(({ action }) => action);

describe("a container with a mount that others can exchange", () => {
  it("goes on where it has what was judged, and that is recorded once, whoever tells of it first", async () => {
    const given = proving({ mounted: found(RIGHT) });
    expect((await given.service.decide(call("POST", START))).allow).toBe(true);
    await given.service.started(ID);
    expect(await given.settle()).toBe("fine");
    expect(actionsOf(given)).toEqual(["launch.allowed", "mounts.proved"]);
    expect(given.done).toEqual([]);
  });

  it("is ended, recorded and told of where it has something else", async () => {
    const given = proving({ mounted: found(WRONG) });
    await given.service.decide(call("POST", START));
    expect(await given.settle()).toContain("/t: judged /home/a, found /etc");
    await given.service.started(ID);
    expect(given.done).toEqual([`end ${PID}`, "kill"]);
    expect(given.records.slice(1)).toMatchObject([
      {
        class: "verdict",
        action: "launch.denied",
        data: { verdict: { violations: [{ rule: "mounts-as-judged" }] } },
      },
    ]);
  });

  it("is recorded, and goes on, where the gate only observes", async () => {
    const given = proving({ mounted: found(WRONG), options: { mode: "observe" } });
    await given.service.decide(call("POST", START));
    expect(await given.settle()).toBe("fine");
    expect(given.done).toEqual([]);
    expect(actionsOf(given)).toEqual(["launch.allowed", "launch.would-deny"]);
  });

  it("is ended also where that cannot be recorded", async () => {
    let isFull = false;
    const append: DecisionServiceOptions["audit"]["append"] = (event) => {
      if (isFull) throw new Error("disk full");
      return { ...event, sequence: 1, time: "", previousHash: "", hash: "" };
    };
    const audit = { append, flushed: async () => undefined };
    const given = proving({ mounted: found(WRONG), options: { audit } });
    await given.service.decide(call("POST", START));
    isFull = true;
    expect(await given.settle()).toBe("disk full");
    expect(given.done).toEqual([`end ${PID}`, "kill"]);
  });

  it("is judged anew, by where its mounts lead, where the engine has started it by itself", async () => {
    const [document] = policiesDenying(
      "no-etc",
      'launch.mounts.exists(mount, mount.hostPath == "/etc")',
    ).documents;
    const text = `${document?.text.trimEnd()}\n      onRestart: enforce\n`;
    const policies = loadPolicies([{ path: "test.yaml", text }]);
    const options = { policies: { policies: () => policies, exceptions: () => [], host: () => HOST } };
    const etc = proving({ mounted: found(WRONG), options, leads: () => "/etc" });
    await etc.service.started(ID);
    expect(etc.done).toEqual([`end ${PID}`, "kill"]);
    expect(etc.records).toMatchObject([
      { action: "launch.denied", data: { verdict: { violations: [{ rule: "no-etc" }] } } },
    ]);
    const other = proving({ mounted: found(WRONG), options, leads: () => "/home/b" });
    await other.service.started(ID);
    expect(actionsOf(other)).toEqual(["mounts.proved"]);
  });

  it("is left alone where its engine asks nobody, until it does", async () => {
    let asks = false;
    const policies = policiesDenying("no-home", "launch.mounts.exists(mount, mount.exchangeable)");
    const [document] = policies.documents;
    const text = `${document?.text.trimEnd()}\n      onRestart: enforce\n`;
    const set = loadPolicies([{ path: "test.yaml", text }]);
    const options = { policies: { policies: () => set, exceptions: () => [], host: () => HOST } };
    const given = proving({ mounted: found(RIGHT), options, asks: () => asks });
    for (const _ of [1, 2]) await given.service.started(ID);
    expect(given.done).toEqual([]);
    expect(given.records).toEqual([]);
    asks = true;
    await given.service.decide(call("GET", "/info"));
    await given.service.started(ID);
    expect(given.done).toEqual([`end ${PID}`, "kill"]);
  });

  it("is looked at for each start, also where the engine starts it again before the call has ended", async () => {
    let mounted = found(RIGHT);
    const mounts = { ...proving({}).mounts, mountsOf: () => mounted };
    const given = proving({ proof: { mounts } });
    await given.service.decide(call("POST", START));
    await given.service.started(ID);
    mounted = found(WRONG);
    await given.service.started(ID);
    expect(actionsOf(given)).toEqual(["launch.allowed", "mounts.proved", "launch.denied"]);
    expect(await given.settle()).toBe("fine");
  });

  it("goes on where it breaks a rule that its mounts have nothing to do with", async () => {
    const policies = policiesDenying("no-restart", 'launch.restartPolicy == ""');
    const options = { policies: { policies: () => policies, exceptions: () => [], host: () => HOST } };
    const given = proving({ mounted: found(RIGHT), options });
    await given.service.started(ID);
    expect(actionsOf(given)).toEqual(["mounts.proved"]);
  });

  it("was seen with what was judged before it ended", async () => {
    let looks = 0;
    const processes = () => (looks++ === 0 ? [] : [PID]);
    const seen = proving({
      container: ENDED,
      proof: {
        sleep: async () => undefined,
        mounts: {
          identify: () => RIGHT,
          mountsOf: () => found(RIGHT),
          processes,
          endProcess: () => undefined,
        },
      },
    });
    await seen.service.decide(call("POST", START));
    expect(await seen.settle()).toBe("fine");
    expect(actionsOf(seen)).toEqual(["launch.allowed", "mounts.proved"]);
  });

  it.each([
    ["refuse", /it ended before they were looked at/u, ["launch.allowed", "launch.denied"], ["kill"]],
    ["pass", /^fine$/u, ["launch.allowed", "mounts.unproved"], []],
  ] as const)("ends before it was looked at: %s", async (whenUnproved, told, actions, done) => {
    const given = proving({ container: ENDED, proof: { whenUnproved } });
    await given.service.decide(call("POST", START));
    expect(await given.settle()).toMatch(told);
    expect(actionsOf(given)).toEqual(actions);
    expect(given.done).toEqual(done);
  });

  it("is not looked at where it is only told to go on: what it has was mounted long ago", async () => {
    const given = proving({ mounted: found(WRONG) });
    const uri = `/containers/${ID}/unpause`;
    await given.service.decide(call("POST", uri));
    await given.service.settled(reply(204, uri));
    expect([given.done, actionsOf(given)]).toEqual([[], ["launch.allowed"]]);
  });

  it.each([304, 500])("was not started by the call: the engine answered %i", async (status) => {
    const given = proving({ mounted: found(WRONG) });
    await given.service.decide(call("POST", START));
    expect(await given.settle(status)).toBe("fine");
    expect(actionsOf(given)).toEqual(["launch.allowed"]);
  });
});

it("asks nothing about a container whose mounts only root can exchange", async () => {
  let asked = 0;
  const plain = { ...CONTAINER, HostConfig: { Binds: ["/srv:/t"] } };
  const view = {
    ...viewOf({ containers: { [ID]: plain } }),
    inspectContainer: async () => {
      asked += 1;
      return plain;
    },
  };
  const given = proving({ options: { view } });
  await given.service.decide(call("POST", START));
  await given.service.settled(() => {
    throw new Error("nothing is waited for");
  });
  await given.service.started(ID);
  expect(asked).toBe(1);
  expect(actionsOf(given)).toEqual(["launch.allowed"]);
});
