import { describe, expect, it } from "vitest";
import { parseAccounts } from "./account-names.ts";
import { UserNames } from "./user-names.ts";

const read = (text: string) => ({ kind: "read", text }) as const;

describe("parseAccounts", () => {
  it("reads what is in its form, and the first of a number", () => {
    const { users, groups } = parseAccounts({
      passwd: "root:x:0:0:Root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad line\nnoid:x:abc:0::/:/x\n",
      group: "root:x:0:\nwheel:x:10:ann\n:x:11:\n",
    });
    expect([...users]).toEqual([[0, { name: "root", home: "/root", shell: "/bin/sh" }]]);
    expect([...groups]).toEqual([
      [0, "root"],
      [10, "wheel"],
    ]);
  });
});

describe("UserNames", () => {
  const done = () => new Promise((resolve) => setImmediate(resolve));

  it("reads a container once, and lends its names to the next of the same image", async () => {
    const asked: number[] = [];
    const users = new UserNames({
      readBelow: async (pid, [, file]) => {
        asked.push(pid);
        return read(file === "passwd" ? "app:x:1000:1000::/:/bin/sh\n" : "");
      },
    });
    users.want("c1", "image", 7);
    users.want("c1", "image", 8);
    await done();
    expect(asked).toEqual([7, 7]);
    expect(users.of("c1", "image").users.get(1000)?.name).toBe("app");
    expect(users.of("c2", "image").users.get(1000)?.name).toBe("app");
    expect(users.of("c3", "other").users.size).toBe(0);
  });

  it("asks the next process where the first was gone", async () => {
    const users = new UserNames({
      readBelow: async (pid) => (pid === 7 ? { kind: "unreachable" } : read("app:x:1000:1000::/:/bin/sh\n")),
    });
    users.want("c1", undefined, 7);
    await done();
    users.want("c1", undefined, 8);
    await done();
    expect(users.of("c1", undefined).users.get(1000)?.name).toBe("app");
  });

  it("asks no process after the first where the container has no such files", async () => {
    const asked: number[] = [];
    const users = new UserNames({
      readBelow: async (pid) => {
        asked.push(pid);
        return { kind: "absent" };
      },
    });
    for (const pid of [7, 8, 9]) {
      users.want("c1", undefined, pid);
      await done();
    }
    expect(asked).toEqual([7, 7]);
    expect(users.of("c1", undefined).users.size).toBe(0);
  });

  it("reads of two containers at one time at most", async () => {
    let running = 0;
    let most = 0;
    const users = new UserNames({
      readBelow: async () => {
        running += 1;
        most = Math.max(most, running);
        await done();
        running -= 1;
        return read("");
      },
    });
    for (let id = 0; id < 20; id++) users.want(String(id), undefined, id);
    for (let turn = 0; turn < 50; turn++) await done();
    // Of each both files.
    expect([most, running]).toEqual([4, 0]);
  });
});
