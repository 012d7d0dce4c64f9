import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecords, type WireRecord } from "../wire/record-reader.ts";
import { readAddress, readFile, readProcess } from "../wire/structures.ts";
import { exeFlags, fileFlags, recordFlags, wireKinds, wireTags } from "../wire/wire-format.ts";
import { Cell } from "./testdata/cell.ts";
import { buildNativeTools, type NativeTools, nativeUnavailable } from "./testdata/native-tools.ts";
import { type Act, ActProgram, WatchingSensor } from "./testdata/watched-acts.ts";

const unavailable = nativeUnavailable();
type Kind = keyof typeof wireKinds;
type Tag = keyof typeof wireTags;

/** What a record tells, as far as a test asks: texts by their tags, numbers by theirs, and the result. */
function told(record: WireRecord | undefined, asked: readonly (Tag | "result")[]): unknown[] {
  return asked.map((name) => {
    if (record === undefined) return undefined;
    if (name === "result") return record.result;
    if (name.startsWith("number")) return record.int(wireTags[name]);
    if (name !== "local" && name !== "remote") return record.text(wireTags[name]);
    const end = readAddress(record, wireTags[name]);
    return end && `${end.address}:${end.port}`;
  });
}

function find(
  act: Act,
  kind: Kind,
  which: (record: WireRecord) => boolean = () => true,
): WireRecord | undefined {
  return act.records.findLast((record) => record.kind === wireKinds[kind] && which(record));
}

const hasPath = (path: string) => (record: WireRecord) => record.text(wireTags.path) === path;
const CLONE_NEWUSER = 0x1000_0000;
const O_ACCMODE = 3;
const SOCK_STREAM = 1;
const O_WRONLY = 1;
const question = Buffer.from("123401000001000000000000016104746573740000010001", "hex");

describe.skipIf(unavailable !== undefined).each(["entry", "return"])(
  `events of the kernel, with texts read at %s ${unavailable ?? ""}`,
  (texts) => {
    let tools: NativeTools;
    let program: ActProgram;
    let sensor: WatchingSensor;
    let directory: string;

    beforeAll(async () => {
      tools = buildNativeTools();
      program = new ActProgram();
      directory = program.at("files");
      mkdirSync(directory);
      writeFileSync(`${directory}/plain`, "text");
      symlinkSync("plain", `${directory}/link`);
      sensor = await WatchingSensor.start(tools.sensor);
      await sensor.configure({ environment: true, data: { bytes: 16 }, texts });
    });

    afterAll(async () => {
      await sensor?.[Symbol.asyncDispose]();
      program?.[Symbol.dispose]();
      tools?.[Symbol.dispose]();
    });

    const act = async (...args: readonly string[]) => sensor.act(program.path, args, directory);

    it("loads every program that this kernel has hooks for", () => {
      const ready = sensor.messages.find(({ event }) => event === "ready");
      const probes = Array.isArray(ready?.probes) ? ready.probes : [];
      const own = probes.filter(({ name }) => !/^(prevent|channel|files)/u.test(String(name)));
      expect(own.length).toBeGreaterThan(15);
      expect(own.filter(({ ok }) => ok !== true)).toEqual([]);
    });

    it("tells what there was before: processes with their arguments, and their files", () => {
      const self = sensor.records.filter((record) => record.pid === process.pid);
      const task = self.find(({ kind }) => kind === wireKinds.task);
      expect(task?.text(wireTags.exePath)).toBe(process.execPath);
      expect(task?.texts(wireTags.arguments)).toEqual(
        readFileSync("/proc/self/cmdline", "utf8").slice(0, -1).split("\0"),
      );
      expect(task?.text(wireTags.cwd)).toBe(process.cwd());
      const input = self.find(
        (record) => record.kind === wireKinds.task_file && record.int(wireTags.number0) === 0,
      );
      expect(input && readFile(input)?.inode).toBe(statSync("/dev/fd/0").ino);
    });

    it("tells a program that begins, with all that it is", async () => {
      const done = await act("true", "two words", "");
      const exec = find(done, "execve");
      const file = statSync(program.path);
      expect(told(exec, ["exePath", "filename", "cwd", "comm", "result"])).toEqual([
        program.path,
        program.path,
        directory,
        "act",
        0,
      ]);
      expect(exec?.texts(wireTags.arguments)).toEqual([program.path, "true", "two words", ""]);
      expect(exec?.texts(wireTags.environment)).toContain(`PATH=${process.env.PATH}`);
      expect(exec && readProcess(exec)).toMatchObject({
        uid: process.getuid?.(),
        euid: process.geteuid?.(),
        vpid: done.pid,
        exeInode: file.ino,
        exeMtimeNs: expect.closeTo(file.mtimeMs * 1e6, -7),
        userNamespace: statSync("/proc/self/ns/user").ino,
        netNamespace: statSync("/proc/self/ns/net").ino,
      });
      expect(told(find(done, "procexit"), ["number0", "number1"])).toEqual([0, 0]);
    });

    it("tells the interpreter of a script and the script", async () => {
      writeFileSync(`${directory}/script`, "#!/bin/sh -e\nexit 3\n", { mode: 0o755 });
      const done = await sensor.act(`${directory}/script`, ["x"], directory);
      const exec = find(done, "execve");
      expect(told(exec, ["filename", "interpreter"])).toEqual([`${directory}/script`, "/bin/sh"]);
      expect(exec?.texts(wireTags.arguments)).toEqual(["/bin/sh", "-e", `${directory}/script`, "x"]);
      expect(((exec && readProcess(exec)?.exeFlags) ?? 0) & exeFlags.script).toBe(exeFlags.script);
      expect(told(find(done, "procexit"), ["number0"])).toEqual([3]);
    });

    it("tells signals by a descriptor and with a value as those of kill", async () => {
      const done = await act("signals");
      const signals = done.records.filter(({ kind }) => kind === wireKinds.kill);
      expect(signals.map((record) => told(record, ["number0", "number1", "result"]))).toEqual([
        [done.pid, 28, 0],
        [done.pid, 23, 0],
      ]);
    });

    it("tells which name a socket was made by that is reached by a link", async () => {
      const done = await act("connect-linked", `${directory}/real.sock`, `${directory}/other.sock`);
      expect(told(find(done, "connect"), ["unixPath", "resolved", "result"])).toEqual([
        `${directory}/other.sock`,
        `${directory}/real.sock`,
        0,
      ]);
    });

    it("tells a program that lies in memory alone", async () => {
      const done = await act("memfd");
      const exec = done.records.findLast(
        ({ kind }) => kind === wireKinds.execveat || kind === wireKinds.execve,
      );
      expect(told(exec, ["exePath"])).toEqual(["/memfd:secret"]);
      expect((exec && readProcess(exec)?.exeFlags) ?? 0).toBe(
        exeFlags.memfd | exeFlags.unlinked | exeFlags.tmpfs | exeFlags.writable,
      );
      expect(told(find(done, "memfd_create"), ["text"])).toEqual(["secret"]);
    });

    it("tells a program that another thread than the first begins, as the process", async () => {
      const done = await act("exec-thread", "/bin/true");
      const exec = find(done, "execve");
      expect(told(exec, ["filename"])).toEqual(["/bin/true"]);
      expect(exec?.int(wireTags.number0)).not.toBe(done.pid);
    });

    it("tells a container's program that is not of its image by its layer, or that it was mounted", async () => {
      await using cell = new Cell("events");
      await cell.run("/bin/cp", "/bin/busybox", "/tmp/true");
      await cell.run("/tmp/true");
      await cell.run("/bin/true");
      const mount = "mkdir -p /volume && busybox mount -t tmpfs none /volume && cp /bin/busybox /volume/true";
      await cell.run("/bin/sh", "-c", `${mount} && exec /volume/true`);
      const exec = async (path: string) =>
        sensor.until(() =>
          sensor.records.find(
            (record) =>
              record.kind === wireKinds.execve &&
              String(record.cgroupId) === cell.cgroupId &&
              record.text(wireTags.filename) === path,
          ),
        );
      const layer = exeFlags.upper | exeFlags.overlay | exeFlags.mounted;
      const image = exeFlags.upper | exeFlags.overlay;
      expect((readProcess(await exec("/tmp/true"))?.exeFlags ?? 0) & layer).toBe(image);
      expect((readProcess(await exec("/bin/true"))?.exeFlags ?? 0) & layer).toBe(exeFlags.overlay);
      expect((readProcess(await exec("/volume/true"))?.exeFlags ?? 0) & layer).toBe(exeFlags.mounted);
      expect((await exec("/tmp/true")).text(wireTags.exePath)).toBe(`${cell.root}/tmp/true`);
    });

    it.each<[string, string[], Kind, (Tag | "result")[], unknown[]]>([
      ["an execve that fails", ["exec", "/none"], "execve", ["filename", "result"], ["/none", -2]],
      ["setuid", ["setuid"], "setuid", ["number0", "result"], [65534, 0]],
      ["setresgid", ["setuid"], "setresgid", ["number0", "number2"], [65534, 65534]],
      ["capset", ["capset"], "capset", ["number0", "number1", "number2"], [0, 1, 1]],
      ["unshare", ["mount", "/mnt"], "unshare", ["number0", "result"], [0x20000, 0]],
      [
        "mount",
        ["mount", "/mnt"],
        "mount",
        ["path", "text2", "text", "number3", "result"],
        ["/mnt", "none", "tmpfs", 2, 0],
      ],
      ["umount2", ["mount", "/mnt"], "umount2", ["path", "number1", "result"], ["/mnt", 2, 0]],
      ["setns", ["setns"], "setns", ["number1", "result"], [0x4000000, 0]],
      ["ptrace", ["ptrace"], "ptrace", ["number0", "result"], [16, 0]],
      ["kill", ["ptrace"], "kill", ["number1", "result"], [9, 0]],
      ["bpf", ["bpf"], "bpf", ["number0", "number1", "result"], [0, 77, -22]],
      ["io_uring_setup", ["io-uring"], "io_uring_setup", ["number0"], [4]],
      ["a raw socket", ["raw"], "socket", ["number0", "number1"], [17, 3]],
      [
        "connect to IPv4",
        ["connect", "192.0.2.7", "443"],
        "connect",
        ["remote", "number0"],
        ["192.0.2.7:443", 3],
      ],
      ["connect to IPv6", ["connect", "::1", "7"], "connect", ["remote", "result"], ["::1:7", -115]],
      [
        "connect to a mapped address",
        ["connect", "::ffff:127.0.0.1", "7"],
        "connect",
        ["remote", "result"],
        ["127.0.0.1:7", -115],
      ],
      [
        "connect to a socket in the file system",
        ["connect-unix", "/run/none.sock"],
        "connect",
        ["unixPath", "result"],
        ["/run/none.sock", -2],
      ],
      ["connect to an abstract socket", ["connect-unix", "@none"], "connect", ["unixPath"], ["\0none"]],
      ["bind", ["listen", "127.0.0.3", "0"], "bind", ["local", "result"], ["127.0.0.3:0", 0]],
      ["listen", ["listen", "127.0.0.3", "47001"], "listen", ["local", "number1"], ["127.0.0.3:47001", 5]],
      ["accept4", ["listen", "127.0.0.3", "47002"], "accept4", ["local", "number0"], ["127.0.0.3:47002", 3]],
      [
        "a socket that becomes standard output",
        ["dup-socket", "192.0.2.9", "99"],
        "dup2",
        ["remote", "number0", "number1", "result"],
        ["192.0.2.9:99", 3, 1, 1],
      ],
      [
        "sendto",
        ["ask-sendto", "127.0.0.1"],
        "sendto",
        ["remote", "number2"],
        ["127.0.0.1:53", question.length],
      ],
      [
        "a question in sendto",
        ["ask-sendto", "127.0.0.1"],
        "dns",
        ["remote", "number0"],
        ["127.0.0.1:53", 0],
      ],
      ["a question in sendmmsg", ["ask-sendmmsg", "127.0.0.9", ""], "dns", ["remote"], ["127.0.0.9:53"]],
      ["a question in write", ["ask-write", "127.0.0.1", ""], "dns", ["remote"], ["127.0.0.1:53"]],
      ["a question in parts", ["ask-parts", "127.0.0.1", ""], "dns", ["remote"], ["127.0.0.1:53"]],
      ["a question in writev", ["ask-writev", "127.0.0.1", ""], "dns", ["remote"], ["127.0.0.1:53"]],
      [
        "connect of socketcall",
        ["socketcall", "192.0.2.7", "443"],
        "connect",
        ["remote", "number0"],
        ["192.0.2.7:443", 3],
      ],
      [
        "a raw socket of socketcall",
        ["socketcall", "192.0.2.7", "443"],
        "socket",
        ["number0", "number1"],
        [17, 3],
      ],
      ["a question in socketcall", ["socketcall", "127.0.0.1", "443"], "dns", ["remote"], ["127.0.0.1:53"]],
      ["mkdir", ["files"], "mkdir", ["path", "number1"], ["made", 0o750]],
      ["chdir", ["files"], "chdir", ["path"], [".."]],
      ["rename", ["files"], "rename", ["path", "path2"], ["one", "two"]],
      ["symlink", ["files"], "symlink", ["path", "path2"], ["points", "/etc/shadow"]],
      ["link", ["files"], "link", ["path", "path2"], ["two", "three"]],
      ["chmod", ["files"], "chmod", ["path", "number1"], ["three", 0o4755]],
      ["unlinkat", ["files"], "unlinkat", ["path", "number0"], ["three", -100]],
      ["rmdir", ["files"], "rmdir", ["path", "result"], ["made", 0]],
    ])("tells %s", async (_, args, kind, asked, expected) => {
      const done = await act(...args);
      expect(told(find(done, kind), asked)).toEqual(expected);
    });

    it.each<[string, string[]]>([
      ["sendmsg", ["ask-parts", "127.0.0.1", ""]],
      ["writev", ["ask-writev", "127.0.0.1", ""]],
      ["sendmsg of socketcall", ["socketcall", "127.0.0.1", "443"]],
    ])("puts a question together that %s has in parts", async (_, args) => {
      expect(find(await act(...args), "dns")?.bytes(wireTags.data)).toEqual(question);
    });

    it.each<[string, string[], Kind]>([
      ["connect", ["replaced", "127.0.0.5", "47003"], "connect"],
      ["sendto that opens a stream", ["replaced", "127.0.0.5", "47004", "x"], "sendto"],
    ])("tells the socket that %s was given, whichever has its number by then", async (_, args, kind) => {
      const asked = find(await act(...args), kind);
      // Where nobody looks when the call begins, the socket is that of the end.
      const given = texts === "entry" ? { type: SOCK_STREAM } : {};
      expect(asked && readAddress(asked, wireTags.remote)).toMatchObject({
        address: "127.0.0.5",
        port: Number(args[2]),
        ...given,
      });
    });

    it("tells what was opened to be written, whatever memory says by then", async () => {
      const path = `changed-${texts}`;
      const opened = find(await act("openat2-changed", path), "openat2");
      expect((opened?.int(wireTags.number0) ?? 0) & O_ACCMODE).toBe(O_WRONLY);
    });

    it("tells the namespaces that a process is begun with, whatever memory says by then", async () => {
      const { pid } = await act("clone3-changed");
      const child = sensor.records.find(
        (record) => record.kind === wireKinds.clone3 && record.int(wireTags.number0) === pid,
      );
      expect((child?.int(wireTags.number1) ?? 0) & CLONE_NEWUSER).toBe(CLONE_NEWUSER);
    });

    it("tells both questions of one call", async () => {
      const done = await act("ask-sendmmsg", "127.0.0.9", "");
      const asked = done.records.filter(({ kind }) => kind === wireKinds.dns);
      expect(asked.map((record) => record.bytes(wireTags.data))).toEqual([question, question]);
    });

    it("tells questions and answers of Docker's own name server, whatever its port", async () => {
      const done = await act("answer");
      const messages = done.records.filter(({ kind }) => kind === wireKinds.dns);
      const answers = messages.filter((record) => record.int(wireTags.number0) === 1);
      expect(answers.at(-1)?.bytes(wireTags.data)?.readUInt8(2)).toBe(0x81);
      expect(messages.some((record) => record.int(wireTags.number0) === 0)).toBe(true);
    });

    it("tells no file that becomes standard output", async () => {
      const done = await act("dup-file");
      expect(find(done, "dup2")).toBeUndefined();
      expect(find(done, "openat")).toBeDefined();
    });

    it.each<[string, string[], Kind]>([
      ["openat", ["open", "link"], "openat"],
      ["open of the 32-bit calls", ["compat", "link"], "open"],
    ])("resolves what %s finds behind a link", async (_, args, kind) => {
      const done = await act(...args);
      const opened = find(done, kind, hasPath("link"));
      expect(told(opened, ["path", "directory", "resolved"])).toEqual([
        "link",
        directory,
        `${directory}/plain`,
      ]);
      expect(((opened?.flags ?? 0) & recordFlags.compat) !== 0).toBe(kind === "open");
      expect(opened && readFile(opened)).toMatchObject({ inode: statSync(`${directory}/plain`).ino });
    });

    it("names the directory that a path is relative to", async () => {
      const done = await act("openat", "/etc/../etc", "hostname");
      const opened = find(done, "openat", hasPath("hostname"));
      expect(told(opened, ["directory", "resolved"])).toEqual(["/etc", "/etc/hostname"]);
    });

    it.each<[string, string[], Kind, number[]]>([
      ["openat2", ["openat2", "new-by-openat2"], "openat2", [0o101, 0o640, 2]],
      ["creat", ["creat", "new-by-creat"], "creat", [0o1101, 0o700]],
    ])("tells what %s makes", async (_, args, kind, numbers) => {
      const opened = find(await act(...args), kind);
      const asked: Tag[] = ["number0", "number1", "number2"];
      expect(told(opened, asked.slice(0, numbers.length))).toEqual(numbers);
      expect(((opened && readFile(opened)?.fileFlags) ?? 0) & fileFlags.created).toBe(fileFlags.created);
    });

    it("tells by the file which of two paths was opened that another thread exchanges", async () => {
      const [one, two] = [`${directory}/plain`, `${directory}/other`];
      writeFileSync(two, "");
      const done = await act("flip", one, two, "2000");
      const opened = done.records.filter(({ kind, result }) => kind === wireKinds.openat && result >= 0);
      const inodes = new Map([one, two].map((path) => [statSync(path).ino, path]));
      const seen = opened.filter((record) => inodes.has(readFile(record)?.inode ?? -1));
      expect(seen.length).toBeGreaterThan(0);
      for (const record of seen) {
        expect(record.text(wireTags.resolved)).toBe(inodes.get(readFile(record)?.inode ?? -1));
      }
    });

    it("tells of one process in the order in which it did it", async () => {
      const done = await act("files");
      const kinds: Kind[] = ["execve", "mkdir", "rename", "symlink", "link", "chmod", "rmdir", "procexit"];
      const places = kinds.map((kind) => done.records.findIndex((record) => record.kind === wireKinds[kind]));
      expect(places).toEqual(places.toSorted((left, right) => left - right));
      expect(places).not.toContain(-1);
    });

    it("marks a text that is longer than what is kept of it", async () => {
      const done = await act("true", "x".repeat(6000));
      const exec = find(done, "execve");
      expect((exec?.flags ?? 0) & recordFlags.truncated).toBe(recordFlags.truncated);
      expect(exec?.bytes(wireTags.arguments)?.length).toBe(4096);
    });

    it("writes records that the strict reader takes, of every kind that it told", () => {
      const kinds = new Set(sensor.records.map(({ kind }) => kind));
      expect(kinds.size).toBeGreaterThan(40);
      for (const { buffer } of sensor.records) expect(readRecords(buffer)).toHaveLength(1);
    });
  },
);
