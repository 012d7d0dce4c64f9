import { describe, expect, it } from "vitest";
import { fixedClock } from "../testdata/bench-sensor.ts";
import { bytesOf, execution, factsOf, recordOf } from "../testdata/records.ts";
import { readRecords, type WireRecord } from "../wire/record-reader.ts";
import { processBytes } from "../wire/structures.ts";
import { emptyFacts } from "./empty-facts.ts";
import type { ProcessFiles } from "./process-files.ts";
import { ProcessTable, type ProcessTableOptions } from "./process-table.ts";
import type { TrackedProcess } from "./tracked-process.ts";

const noFiles: ProcessFiles = { read: () => undefined, parentOf: () => undefined };

function tableOf(change: Partial<ProcessTableOptions> = {}): ProcessTable {
  return new ProcessTable({ clock: fixedClock, files: noFiles, ...change });
}

function first(bytes: Buffer): WireRecord {
  const [record] = readRecords(bytes);
  if (record === undefined) throw new Error("no record");
  return record;
}

function fork(pid: number, ppid: number, timeNs = 10e9): WireRecord {
  return recordOf("clone", { pid, ppid, timeNs, sections: { process: processBytes(factsOf(pid)) } });
}

function exec(pid: number, argv: readonly string[], ppid = 1): WireRecord {
  return first(execution(argv, { pid, ppid }));
}

describe("ProcessTable", () => {
  it("gives a child what its parent executes, until it executes something itself", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/bash", "-l"]));
    table.track(fork(11, 10));
    expect(table.get(11)).toMatchObject({ name: "bash", exePath: "/bin/bash", args: ["-l"], cwd: "/work" });
    const child = table.track(exec(11, ["/bin/ls", "-a"], 10));
    expect(child.commandLine).toBe("ls -a");
    expect(child.parent?.commandLine).toBe("bash -l");
  });

  it("leaves a state as it was when the process goes on", () => {
    const table = tableOf();
    const before = table.track(exec(10, ["/bin/sh"]));
    table.track(exec(10, ["/bin/cat"]));
    expect([before.name, table.get(10)?.name]).toEqual(["sh", "cat"]);
  });

  it("takes a record that comes late for what ran when it happened", () => {
    const table = tableOf();
    table.track(first(execution(["/bin/sh"], { pid: 10, timeNs: 10e9 })));
    table.track(first(execution(["/bin/cat"], { pid: 10, timeNs: 20e9 })));
    expect(table.track(recordOf("unlink", { pid: 10, timeNs: 15e9 })).name).toBe("sh");
    expect(table.track(recordOf("unlink", { pid: 10, timeNs: 20e9 })).name).toBe("cat");
  });

  it("keeps what ran when an execution fails", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    const failed = table.track(
      recordOf("execve", { pid: 10, result: -2, sections: { filename: "/bin/no" } }),
    );
    expect(failed.name).toBe("sh");
  });

  it.each([
    ["absolutely", { path: "/tmp/../var" }, "/var"],
    ["relatively", { path: "sub/." }, "/work/sub"],
    ["as the kernel resolved it", { path: "link", resolved: "/real" }, "/real"],
  ])("follows a change of directory %s", (_, sections, cwd) => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    expect(table.track(recordOf("chdir", { pid: 10, sections })).cwd).toBe("/work");
    expect(table.get(10)?.cwd).toBe(cwd);
  });

  it("keeps the directory in which a program was executed", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    table.track(recordOf("chdir", { pid: 10, sections: { path: "/var" } }));
    expect(table.get(10)?.image.directory).toBe("/work");
    table.track(recordOf("execve", { pid: 10, sections: { arguments: "sh\0", cwd: "/var" } }));
    expect(table.get(10)?.image.directory).toBe("/var");
  });

  it("does not follow one that failed", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    table.track(recordOf("chdir", { pid: 10, result: -2, sections: { path: "/nowhere" } }));
    expect(table.get(10)?.cwd).toBe("/work");
  });

  it("takes over credentials that changed", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    const facts = factsOf(10, { euid: 33, capEffective: 1n });
    const after = table.track(recordOf("setuid", { pid: 10, sections: { process: processBytes(facts) } }));
    expect([after.uid, after.facts.capEffective]).toEqual([33, 1n]);
    expect(after.name).toBe("sh");
  });

  it("follows a process into a session of its own", () => {
    const table = tableOf();
    table.track(first(execution(["/bin/sh"], { pid: 10, facts: { sid: 3, vsid: 3, tty: 34816, vpid: 5 } })));
    table.track(recordOf("setsid", { pid: 10, result: 10 }));
    expect(table.get(10)?.facts).toMatchObject({ sid: 10, pgid: 10, vsid: 5, vpgid: 5, tty: 0 });
  });

  it("takes the capabilities that the kernel says it has, and none that it was refused", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    const sections = { number0: 1n, number1: 6n, number2: 2n };
    table.track(recordOf("capset", { pid: 10, result: -1, sections }));
    expect(table.get(10)?.facts.capEffective).toBe(0n);
    table.track(recordOf("capset", { pid: 10, sections }));
    expect(table.get(10)?.facts).toMatchObject({ capInheritable: 1n, capPermitted: 6n, capEffective: 2n });
  });

  it("follows the kernel to another parent", () => {
    const table = tableOf();
    table.track(exec(1, ["/sbin/init"], 0));
    table.track(exec(10, ["/bin/sh"]));
    table.track(fork(11, 10));
    table.track(recordOf("procexit", { pid: 10 }));
    expect(table.track(recordOf("chdir", { pid: 11, ppid: 1, result: -2 })).parent?.name).toBe("init");
  });

  describe("the ancestors of a state", () => {
    const names = (process: TrackedProcess | undefined) => {
      const chain: string[] = [];
      for (let at = process; at !== undefined && chain.length < 2000; at = at.parent) chain.push(at.name);
      return chain;
    };

    it("are those of its time, whatever they executed later", () => {
      const table = tableOf();
      table.track(exec(1, ["/sbin/init"], 0));
      table.track(exec(10, ["/bin/sh"]));
      table.track(fork(11, 10));
      const child = table.track(exec(11, ["/bin/x"], 10));
      table.track(exec(10, ["/bin/y"]));
      table.track(exec(1, ["/bin/z"], 0));
      expect(names(child)).toEqual(["x", "sh", "init"]);
      expect(names(table.track(recordOf("unlink", { pid: 11, ppid: 10, timeNs: 20e9 })))).toEqual([
        "x",
        "y",
        "z",
      ]);
      expect(names(child)).toEqual(["x", "sh", "init"]);
    });

    it("are those of its time where a parent changes its directory or ends, too", () => {
      const table = tableOf();
      table.track(exec(1, ["/sbin/init"], 0));
      table.track(exec(10, ["/bin/sh"]));
      const child = table.track(fork(11, 10));
      table.track(recordOf("chdir", { pid: 10, sections: { path: "/elsewhere" } }));
      table.track(recordOf("procexit", { pid: 10, timeNs: 11e9 }));
      const adopted = table.track(recordOf("unlink", { pid: 11, ppid: 1, timeNs: 12e9 }));
      expect([child.parent?.name, child.parent?.cwd, adopted.parent?.name]).toEqual(["sh", "/work", "init"]);
    });

    it("are as they are now for a state that is older than what is kept", () => {
      const table = tableOf();
      table.track(exec(10, ["/bin/sh"]));
      const first = table.track(fork(11, 10));
      for (const step of [1, 2, 3, 4, 5, 6]) {
        table.track(exec(10, [`/bin/step${step}`]));
        table.track(recordOf("unlink", { pid: 11, ppid: 10, timeNs: (20 + step) * 1e9 }));
      }
      expect(first.parent?.name).toBe("step6");
    });

    it("are no chain of the dead that is kept for ever", () => {
      const table = tableOf({ keepDeadMs: 1000 });
      table.track(exec(100, ["/bin/sh"], 0));
      for (let pid = 101; pid < 200; pid += 1) {
        table.track(fork(pid, pid - 1, 10e9));
        table.track(recordOf("procexit", { pid: pid - 1, timeNs: 10e9 }));
      }
      const last = table.get(199);
      expect(names(last)).toHaveLength(100);
      table.track(recordOf("unlink", { pid: 500, timeNs: 20e9 }));
      expect(names(last).length).toBeLessThanOrEqual(2);
    });
  });

  it("keeps the dead for a while, and no longer", () => {
    const table = tableOf({ keepDeadMs: 1000 });
    table.track(exec(10, ["/bin/sh"]));
    table.track(recordOf("procexit", { pid: 10, timeNs: 11e9 }));
    expect(table.track(recordOf("unlink", { pid: 10, timeNs: 11.5e9 })).name).toBe("sh");
    table.track(exec(20, ["/bin/ls"]));
    table.track(recordOf("unlink", { pid: 20, timeNs: 13e9 }));
    expect(table.get(10)).toBeUndefined();
  });

  it("ends a process by its last thread, whichever that is", () => {
    const table = tableOf({ keepDeadMs: 0 });
    table.track(exec(10, ["/bin/sh"]));
    table.track(recordOf("procexit", { pid: 10, tid: 12, timeNs: 11e9 }));
    table.track(recordOf("unlink", { pid: 20, timeNs: 12e9 }));
    expect(table.get(10)).toBeUndefined();
  });

  it("tells a number that is used again from the process that had it", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    const facts = factsOf(10, { startNs: 50e9 });
    const reused = table.track(
      recordOf("clone", {
        pid: 10,
        ppid: 1,
        timeNs: 50e9,
        sections: { process: processBytes(facts), comm: "new" },
      }),
    );
    expect([reused.name, reused.facts.startNs]).toEqual(["new", 50e9]);
  });

  it("makes no ring of ancestors, whatever numbers it is told", () => {
    const table = tableOf();
    table.track(fork(10, 11));
    table.track(fork(11, 10, 20e9));
    table.track(
      recordOf("clone", {
        pid: 10,
        ppid: 11,
        timeNs: 90e9,
        sections: { process: processBytes(factsOf(10, { startNs: 90e9 })) },
      }),
    );
    let depth = 0;
    for (let at = table.get(10); at !== undefined && depth < 100; at = at.parent) depth += 1;
    expect(depth).toBeLessThan(4);
  });

  it("looks up a process that nobody told, with those above it", () => {
    const chain = new Map([
      [30, 20],
      [20, 1],
      [1, 0],
    ]);
    const files: ProcessFiles = {
      parentOf: (pid) => chain.get(pid),
      read: (pid) =>
        chain.has(pid)
          ? {
              name: `p${pid}`,
              image: {
                exe: "",
                exePath: "",
                args: [],
                directory: "/",
                environment: undefined,
                sinceNs: 0,
              },
              cwd: "/",
              startedAt: 0,
              facts: emptyFacts(pid, 0),
            }
          : undefined,
    };
    const table = tableOf({ files });
    const found = table.track(recordOf("unlink", { pid: 30, ppid: 20 }));
    expect([found.name, found.parent?.name, found.parent?.parent?.name]).toEqual(["p30", "p20", "p1"]);
    expect(table.counters.lookedUp).toBe(3);
  });

  it("looks up no more than so many a second", () => {
    let asked = 0;
    const files: ProcessFiles = {
      read: () => {
        asked += 1;
        return undefined;
      },
      parentOf: () => undefined,
    };
    const table = tableOf({ files, maxLookUpsPerSecond: 5 });
    for (let pid = 1000; pid < 1020; pid++) table.track(recordOf("unlink", { pid, ppid: 0, timeNs: 10e9 }));
    expect([asked, table.counters.notLookedUp]).toEqual([5, 15]);
    table.track(recordOf("unlink", { pid: 2000, ppid: 0, timeNs: 11e9 }));
    expect(asked).toBe(6);
  });

  it("knows a process of which nothing can be found by its number", () => {
    expect(tableOf().track(recordOf("unlink", { pid: 30, ppid: 0 }))).toMatchObject({
      pid: 30,
      name: "",
      uid: -1,
    });
  });

  it("joins processes that were there before, in whatever order they are told", () => {
    const table = tableOf();
    const task = (pid: number, ppid: number) =>
      recordOf("task", {
        pid,
        ppid,
        sections: { process: processBytes(factsOf(pid)), comm: `t${pid}`, arguments: [`/bin/t${pid}`] },
      });
    table.track(task(40, 50));
    table.track(task(50, 1));
    table.track(task(1, 0));
    table.joinOrphans();
    expect(table.get(40)?.parent?.name).toBe("t50");
    expect(table.get(40)?.parent?.parent?.name).toBe("t1");
  });

  it("does not go back to what was, when a process is told that goes on", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/new"]));
    const seeded = {
      process: processBytes(factsOf(10)),
      comm: "old",
      exePath: "/bin/old",
      arguments: ["old"],
    };
    table.track(recordOf("task", { pid: 10, sections: seeded }));
    expect(table.get(10)?.exePath).toBe("/bin/new");
  });

  it("holds so many processes at most: the dead go first, then the longest known, init never", () => {
    const table = tableOf({ maxProcesses: 3 });
    table.track(exec(1, ["/sbin/init"], 0));
    table.track(exec(10, ["/bin/a"]));
    table.track(exec(11, ["/bin/b"]));
    table.track(recordOf("procexit", { pid: 11 }));
    table.track(exec(12, ["/bin/c"]));
    expect([table.get(11), table.counters.evicted]).toEqual([undefined, 0]);
    table.track(exec(13, ["/bin/d"]));
    expect([table.get(10), table.get(1)?.name, table.counters]).toMatchObject([
      undefined,
      "init",
      { processes: 3, evicted: 1 },
    ]);
  });

  it("holds no more of the dead than of all, where their numbers are used again at once", () => {
    const table = tableOf({ maxProcesses: 3 });
    const children = [20, 21, 22, 23].map((startNs) => {
      const facts = { startNs: startNs * 1e9 };
      table.track(first(execution(["/bin/parent"], { pid: 10, timeNs: 10e9, facts })));
      const child = table.track(fork(11, 10));
      table.track(recordOf("procexit", { pid: 11, ppid: 10 }));
      table.track(recordOf("procexit", { pid: 10 }));
      return child;
    });
    expect(children.map(({ link }) => link.parent?.current.name)).toEqual([
      undefined,
      undefined,
      "parent",
      "parent",
    ]);
  });

  it("knows nobody by a number in a namespace whose end was lost, once another has its own number", () => {
    const table = tableOf();
    const within = { vpid: 7, pidNamespace: 5 };
    table.track(first(execution(["/bin/a"], { pid: 10, facts: within })));
    const asking = table.track(first(execution(["/bin/b"], { pid: 11, facts: { ...within, vpid: 8 } })));
    expect(table.meantBy(asking, 7)?.name).toBe("a");
    table.track(first(execution(["/bin/c"], { pid: 10, facts: { startNs: 99e9 } })));
    expect(table.meantBy(asking, 7)).toBeUndefined();
  });

  it("forgets all when the sensor begins anew", () => {
    const table = tableOf();
    table.track(exec(10, ["/bin/sh"]));
    table.clear();
    expect([...table.living()]).toEqual([]);
  });

  it("reads a whole frame without keeping it", () => {
    const table = tableOf();
    const frame = Buffer.concat([
      execution(["/bin/sh", "-c", "x"], { pid: 10 }),
      bytesOf("unlink", { pid: 10 }),
    ]);
    for (const record of readRecords(frame)) table.track(record);
    frame.fill(0);
    expect(table.get(10)?.commandLine).toBe("sh -c x");
  });
});
