import { array, assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  runnableKeyOf,
  runnableKeysIn,
  scriptKeyOf,
  scriptKeysIn,
  writeRunnableKeys,
} from "./runnable-files.ts";

describe("the key of a file", () => {
  it.each([
    "bin/bash",
    "usr/sbin/nginx",
    "usr/games/nethack",
    "usr/bin/python3.11",
    "usr/lib/x86_64-linux-gnu/libssl.so.3",
    "lib64/ld-linux-x86-64.so.2",
    "usr/lib/jvm/java-17/lib/server/libjvm.so",
    "usr/lib/postgresql/15/bin/postgres",
    "usr/lib/git-core/git-remote-http",
    "usr/libexec/openssh/sftp-server",
    "usr/share/java/log4j-core.jar",
    "usr/share/elasticsearch/jdk/bin/java",
    "opt/google/chrome/chrome",
    "usr/local/lib/python3.11/site-packages/numpy/core/_multiarray.cpython-311-x86_64-linux-gnu.so",
  ])("is there for %s", (path) => {
    expect(writeRunnableKeys([runnableKeyOf(path) ?? -1])).toMatch(/^[\w-]{5}$/u);
    expect(runnableKeyOf(path)).toBeGreaterThan(0);
  });

  it.each([
    "usr/share/doc/bash/README",
    "usr/share/zoneinfo/Europe/Berlin",
    "usr/include/stdio.h",
    "usr/lib/python3/dist-packages/yaml/__init__.py",
    "usr/lib/python3/dist-packages/yaml.dist-info/RECORD",
    "usr/lib/locale/C.utf8/LC_CTYPE",
    "usr/lib/.build-id/ab/cdef0123",
    "etc/passwd",
    "var/lib/dpkg/status",
    "usr/bin/",
    "usr/bin/a b",
    "usr/bin/é",
    "usr/bin/a\nb",
    `usr/bin/${"a".repeat(5000)}`,
    "bash",
    "",
  ])("is not there for %j", (path) => {
    expect(runnableKeyOf(path)).toBeUndefined();
  });

  it.each([
    ["usr/lib/x/libssl.so.3", "lib/x/libssl.so.3"],
    ["/usr/bin/bash", "bin/bash"],
  ])("is the same for %s and %s", (one, other) => {
    expect(runnableKeyOf(one)).toBe(runnableKeyOf(other));
  });

  it("tells files apart", () => {
    const keys = Array.from({ length: 2000 }, (_, at) => runnableKeyOf(`usr/lib/libx${at}.so.1`));
    expect(new Set(keys).size).toBe(2000);
  });
});

describe("the key of a script", () => {
  it.each([
    "usr/lib/x/tool.py",
    "/usr/share/x/tool.pl",
    "opt/x/run.sh",
    "usr/lib/node_modules/x/cli.js",
    "usr/lib/x/cli.mjs",
    "usr/share/x/tool.rb",
    "usr/share/x/index.php",
    "usr/share/x/tool.lua",
  ])("is there for %s, which is no program by itself", (path) => {
    expect(scriptKeyOf(path)).toBeGreaterThan(0);
    expect(runnableKeyOf(path)).toBeUndefined();
  });

  it.each([
    ["lies where programs do", "usr/bin/tool.py"],
    ["is a module of Perl", "usr/share/perl5/Shop.pm"],
    ["is a document", "usr/share/doc/x/README.html"],
    ["has no ending", "usr/share/x/tool"],
    ["is too long", `usr/lib/${"a".repeat(5000)}.py`],
    ["is nothing", ""],
  ])("is not there for what %s", (_, path) => {
    expect(scriptKeyOf(path)).toBeUndefined();
  });

  it("is the same in /lib and in /usr/lib", () => {
    expect(scriptKeyOf("usr/lib/x/tool.py")).toBe(scriptKeyOf("/lib/x/tool.py"));
  });

  it("is written apart from those of programs", () => {
    const [program, script] = [runnableKeyOf("usr/bin/x") ?? 0, scriptKeyOf("usr/lib/x/tool.py") ?? 0];
    for (const [programs, scripts] of [
      [[program], [script]],
      [[], [script]],
      [[program], []],
    ] as const) {
      const text = writeRunnableKeys(programs, scripts);
      expect([[...runnableKeysIn(text)], [...scriptKeysIn(text)]]).toEqual([programs, scripts]);
    }
  });
});

it("is written as it always was: what is stored is compared with what comes later", () => {
  const paths = ["bin/bash", "usr/sbin/nginx", "usr/lib/x86_64-linux-gnu/libssl.so.3"];
  const keys = paths.flatMap((path) => runnableKeyOf(path) ?? []);
  expect(writeRunnableKeys(keys)).toBe("3VpZtfVeLNtJsvC");
  expect([...runnableKeysIn("3VpZt")]).toEqual([runnableKeyOf("bin/bash")]);
});

it("reads nothing out of what is no key", () => {
  expect([...runnableKeysIn("a!b/c3VpZt3Vp")]).toEqual([runnableKeyOf("bin/bash")]);
});

it("gives back what was written, each once, whatever the order", () => {
  assert(
    property(array(string({ minLength: 1 })), (names) => {
      const keys = names.flatMap((name) => runnableKeyOf(`usr/bin/${name}`) ?? []);
      const text = writeRunnableKeys(keys);
      expect(new Set(runnableKeysIn(text))).toEqual(new Set(keys));
      expect(writeRunnableKeys(keys.toReversed().concat(keys))).toBe(text);
    }),
  );
});
