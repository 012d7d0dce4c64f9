import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBelowRoot, liesBelow, readBelowRoot, readFromLayers } from "./root-files.ts";

const PASSWD = "root:x:0:0::/root:/bin/sh\n";
const LOCAL = "30 1 0:30 / / rw - overlay overlay rw\n";

describe("readBelowRoot", () => {
  let proc = "";
  let root = "";

  beforeEach(async () => {
    proc = await mkdtemp(path.join(tmpdir(), "root-files-"));
    root = path.join(proc, "container");
    await mkdir(path.join(root, "etc"), { recursive: true });
    await mkdir(path.join(proc, "7"));
    await symlink(root, path.join(proc, "7/root"));
    await writeFile(path.join(proc, "7/mountinfo"), LOCAL);
    await writeFile(path.join(root, "etc/passwd"), PASSWD);
  });

  afterEach(() => rm(proc, { recursive: true }));

  const read = (options = {}) => readBelowRoot(7, ["etc", "passwd"], { proc, ...options });

  it("reads a file", async () => {
    expect(await read()).toEqual({ kind: "read", text: PASSWD });
  });

  it.each([
    ["in place of the file", "etc/passwd"],
    ["in place of its directory", "etc"],
  ])("follows no link %s", async (_, place) => {
    await writeFile(path.join(proc, "passwd"), "planted");
    await rm(path.join(root, place), { recursive: true });
    await symlink(place === "etc" ? proc : path.join(proc, "passwd"), path.join(root, place));
    expect(await read()).toEqual({ kind: "absent" });
  });

  it("tells a process that has ended from a file that is not there", async () => {
    expect(await readBelowRoot(8, ["etc", "passwd"], { proc })).toEqual({ kind: "unreachable" });
    await rm(path.join(proc, "7/root"));
    expect(await read()).toEqual({ kind: "unreachable" });
  });

  it("reads nothing longer than it was told", async () => {
    expect(await read({ maxBytes: 4 })).toEqual({ kind: "absent" });
  });

  it("reads no directory, and nothing that is not there", async () => {
    await rm(path.join(root, "etc/passwd"));
    expect(await read()).toEqual({ kind: "absent" });
    await mkdir(path.join(root, "etc/passwd"));
    expect(await read()).toEqual({ kind: "absent" });
  });

  it.each([
    ["the root", "31 1 0:31 / / rw - fuse.slow slow rw"],
    ["a directory on the way", "31 30 0:31 / /etc rw shared:1 - fuse slow rw"],
    ["the file itself", "31 30 0:31 / /etc/passwd rw - nfs4 server:/ rw"],
  ])("does not touch what a program or another machine answers for: %s", async (_, line) => {
    await writeFile(path.join(proc, "7/mountinfo"), `${LOCAL}${line}\n`);
    expect(await read()).toEqual({ kind: "absent" });
  });
});

describe("liesBelow", () => {
  it("tells what is there, a link in the way too, from what is not", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "below-"));
    await mkdir(path.join(directory, "usr/bin"), { recursive: true });
    await writeFile(path.join(directory, "usr/bin/tool"), "");
    await symlink("/nowhere", path.join(directory, "usr/bin/link"));
    await symlink("/usr", path.join(directory, "lib"));
    const found = ["usr/bin/tool", "usr/bin/link", "lib/x", "usr/bin/tool/x", "usr/bin/none", "opt/none"].map(
      async (name) => [name, await liesBelow(directory, name.split("/"))],
    );
    expect(Object.fromEntries(await Promise.all(found))).toEqual({
      "usr/bin/tool": true,
      "usr/bin/link": true,
      "lib/x": true,
      "usr/bin/tool/x": true,
      "usr/bin/none": false,
      "opt/none": false,
    });
    await rm(directory, { recursive: true });
  });
});

describe("readFromLayers", () => {
  it("reads the uppermost that has the file, and follows no link on the way", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "layers-"));
    const [top = "", middle = "", bottom = ""] = ["top", "middle", "bottom"].map((name) =>
      path.join(directory, name),
    );
    await Promise.all([middle, bottom].map((layer) => mkdir(path.join(layer, "etc"), { recursive: true })));
    await mkdir(top);
    await symlink("/etc", path.join(top, "etc"));
    await writeFile(path.join(middle, "etc/passwd"), "middle");
    await writeFile(path.join(bottom, "etc/passwd"), "bottom");
    await writeFile(path.join(bottom, "etc/group"), "bottom");
    expect(await readFromLayers([top, middle, bottom], ["etc", "passwd"])).toBe("middle");
    expect(await readFromLayers([top, middle, bottom], ["etc", "group"])).toBe("bottom");
    expect(await readFromLayers([top], ["etc", "group"])).toBeUndefined();
    await rm(directory, { recursive: true });
  });
});

describe("findBelowRoot", () => {
  let proc = "";
  let root = "";

  beforeEach(async () => {
    proc = await mkdtemp(path.join(tmpdir(), "root-files-"));
    root = path.join(proc, "container");
    await mkdir(path.join(root, "usr/lib/x"), { recursive: true });
    await mkdir(path.join(root, "usr/bin"));
    await mkdir(path.join(proc, "7"));
    await symlink(root, path.join(proc, "7/root"));
    await writeFile(path.join(proc, "7/mountinfo"), LOCAL);
    await writeFile(path.join(root, "usr/lib/x/tool.py"), "");
  });

  afterEach(() => rm(proc, { recursive: true }));

  const link = (target: string, place: string) => symlink(target, path.join(root, place));
  const find = (given: string) => findBelowRoot(7, given, { proc });

  it.each([
    "/usr/lib/x/tool.py",
    "//usr/./lib/x//tool.py",
    "/usr/bin/../lib/x/tool.py",
    "/../usr/lib/x/tool.py",
  ])("finds a file by %s", async (given) => {
    expect(await find(given)).toEqual({ path: "/usr/lib/x/tool.py", links: [] });
  });

  it("follows links, and tells those in the place of the file", async () => {
    await link("usr/lib", "lib");
    await link("/lib/x", "usr/lib/y");
    await link("../lib/y/tool.py", "usr/bin/tool");
    await link("/usr/bin/tool", "usr/bin/other");
    expect(await find("/lib/y/../x/tool.py")).toEqual({ path: "/usr/lib/x/tool.py", links: [] });
    expect(await find("/usr/bin/other")).toEqual({
      path: "/usr/lib/x/tool.py",
      links: ["/usr/bin/other", "/usr/bin/tool"],
    });
  });

  it("goes up from where a link has led, and not from where it lies", async () => {
    await link("/usr/lib/x", "deep");
    await writeFile(path.join(root, "usr/lib/up.py"), "");
    expect(await find("/deep/../up.py")).toEqual({ path: "/usr/lib/up.py", links: [] });
  });

  it.each([
    ["leads out of the root", "/../../../../../../etc/passwd"],
    ["names a file of the host", "/etc/passwd"],
  ])("stays within the root where a link %s", async (_, target) => {
    await link(target, "usr/bin/out");
    expect(await find("/usr/bin/out")).toBeUndefined();
  });

  it.each([
    ["that is not there", "/usr/lib/x/no.py"],
    ["below another file", "/usr/lib/x/tool.py/x"],
    ["that is a directory", "/usr/lib/x"],
    ["without a name", ""],
  ])("finds none %s", async (_, given) => {
    expect(await find(given)).toBeUndefined();
  });

  it("does not go round in rings", async () => {
    await link("b", "usr/bin/a");
    await link("a", "usr/bin/b");
    expect(await find("/usr/bin/a")).toBeUndefined();
    expect(await find(`/${"usr/../".repeat(10_000)}usr/lib/x/tool.py`)).toBeUndefined();
  });

  it("does not look into what may not answer", async () => {
    const mount = "31 30 0:31 / /usr/lib/x rw - fuse.slow slow rw\n";
    await writeFile(path.join(proc, "7/mountinfo"), LOCAL + mount);
    expect(await find("/usr/lib/x/tool.py")).toBeUndefined();
  });

  it("finds nothing of a process that has ended", async () => {
    expect(await findBelowRoot(8, "/usr/lib/x/tool.py", { proc })).toBeUndefined();
  });
});
