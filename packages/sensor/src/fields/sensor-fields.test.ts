import { assert, constantFrom, dictionary, maxSafeInteger, property, uint8Array } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { rowOfKind } from "../events/event-rows.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import { CONTAINER_CGROUP, CONTAINER_ID, type SensorBench, startBench } from "../testdata/bench-sensor.ts";
import { dnsBytes } from "../testdata/dns.ts";
import { addressBytes, bytesOf, execution, opening, socketCall } from "../testdata/records.ts";
import { recordBytes } from "../wire/record-writer.ts";
import { wireKinds, wireTags } from "../wire/wire-format.ts";
import { fieldTable, SensorFields } from "./sensor-fields.ts";

const fields = new SensorFields();
const O = {
  wronly: 0o1,
  rdwr: 0o2,
  creat: 0o100,
  trunc: 0o1000,
  cloexec: 0o2000000,
  directory: 0o200000,
  path: 0o10000000,
};

/** Reads `name` or `name[argument]`. */
function read(event: SensorEvent, field: string): unknown {
  const [, name = "", argument] = /^([^[]+)(?:\[(.*)\])?$/u.exec(field) ?? [];
  const reader = fields.reader(name, argument);
  if (reader === undefined) throw new Error(`no reader for ${field}`);
  return reader.read(event);
}

let bench: SensorBench;

/** What one record becomes, after a shell of user 1000 in the container was executed below others. */
function event(...records: readonly Buffer[]): SensorEvent {
  const last = bench.give(...records).at(-1);
  if (last === undefined) throw new Error("no event");
  return last;
}

beforeAll(async () => {
  bench = await startBench();
  const facts = {
    uid: 1000,
    euid: 1000,
    gid: 1000,
    egid: 1000,
    loginuid: 0,
    tty: 34816,
    vpid: 5,
    vpgid: 5,
    sid: 20,
    pgid: 100,
  };
  bench.give(
    bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
  );
  bench.give(
    execution(["/sbin/init"], { pid: 1, ppid: 0, facts: { vpid: 1 } }),
    execution(["containerd-shim", "-id", "x"], {
      pid: 20,
      exePath: "/usr/bin/containerd-shim",
      facts: { vpid: 20 },
    }),
    execution(["/usr/sbin/httpd", "-D", "FOREGROUND"], {
      pid: 30,
      ppid: 20,
      cgroupId: CONTAINER_CGROUP,
      facts: { vpid: 1 },
    }),
    execution(["/bin/sh", "-c", "id && ls"], {
      pid: 100,
      ppid: 30,
      cgroupId: CONTAINER_CGROUP,
      facts: {
        ...facts,
        capEffective: (1n << 21n) | 1n,
        capPermitted: 1n << 13n,
        exeFlags: 1 | 2 | 4,
        exeMtimeNs: 5e9,
        exeCtimeNs: 6e9,
      },
      sections: { environment: ["PATH=/bin", "SECRET=a=b"] },
    }),
  );
  // The details and the accounts of a container come by themselves.
  await new Promise((resolve) => setImmediate(resolve));
});

const inside = { cgroupId: CONTAINER_CGROUP, pid: 100, ppid: 30, timeNs: 12e9 };

describe("process fields", () => {
  it.each([
    ["proc.name", "sh"],
    ["proc.pname", "httpd"],
    ["proc.exe", "/bin/sh"],
    ["proc.pexe", "/usr/sbin/httpd"],
    ["proc.exepath", "/bin/sh"],
    ["proc.pexepath", "/usr/sbin/httpd"],
    ["proc.args", "-c id && ls"],
    ["proc.args[1]", "id && ls"],
    ["proc.args[9]", undefined],
    ["proc.cmdline", "sh -c id && ls"],
    ["proc.pcmdline", "httpd -D FOREGROUND"],
    ["proc.exeline", "/bin/sh -c id && ls"],
    ["proc.cmdnargs", 2],
    ["proc.cwd", "/work/"],
    ["proc.env", "PATH=/bin SECRET=a=b"],
    ["proc.env[SECRET]", "a=b"],
    ["proc.env[SECRE]", undefined],
    ["proc.tty", 34816],
    ["proc.pid", 100],
    ["proc.ppid", 30],
    ["proc.vpid", 5],
    ["proc.pvpid", 1],
    ["proc.aname", ["httpd", "containerd-shim", "init"]],
    ["proc.aname[0]", "sh"],
    ["proc.aname[2]", "containerd-shim"],
    ["proc.aname[3]", "init"],
    ["proc.aname[7]", undefined],
    ["proc.aexe[2]", "containerd-shim"],
    ["proc.aexepath[2]", "/usr/bin/containerd-shim"],
    ["proc.acmdline[1]", "httpd -D FOREGROUND"],
    ["proc.apid", [30, 20, 1]],
    ["proc.sname", "containerd-shim"],
    ["proc.vpgid.name", "sh"],
    ["proc.vpgid.exe", "/bin/sh"],
    ["proc.is_vpgid_leader", true],
    ["proc.is_exe_upper_layer", true],
    ["proc.is_exe_lower_layer", false],
    ["proc.is_exe_from_memfd", true],
    ["proc.is_exe_writable", false],
    ["proc.exe_ino.mtime", 5e9],
    ["proc.exe_ino.ctime", 6e9],
    ["proc.exe_ino.ctime_duration_proc_start", (1e6 + 10e3) * 1e6 - 6e9],
    ["proc.duration", 12e9 - 100e6],
    ["proc.ppid.duration", 12e9 - 30e6],
    ["proc.is_container_healthcheck", false],
    ["thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN"],
    ["thread.cap_permitted", "CAP_NET_RAW"],
    ["thread.cap_inheritable", ""],
    ["user.uid", 1000],
    ["user.name", "app"],
    ["user.homedir", "/home/app"],
    ["user.loginuid", 0],
    ["user.loginname", "root"],
    ["group.gid", 1000],
    ["group.name", "crew"],
  ])("reads %s", (field, expected) => {
    expect(read(event(bytesOf("unlink", inside)), field)).toEqual(expected);
  });

  it("reads the health check, and nothing that only looks like it", () => {
    const check = (argv: readonly string[]) =>
      read(event(execution(argv, { ...inside, pid: 300 })), "proc.is_container_healthcheck");
    expect(check(["/bin/sh", "-c", "curl localhost"])).toBe(true);
    expect(check(["/bin/sh", "-c", "curl localhost/evil"])).toBe(false);
  });

  it("has no names of ancestors where there are none", () => {
    const alone = event(execution(["/bin/x"], { pid: 900, ppid: 0 }));
    expect([read(alone, "proc.pname"), read(alone, "proc.aname"), read(alone, "proc.aname[1]")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("container fields", () => {
  it.each([
    ["container.id", "c0ffee000000"],
    ["container.full_id", CONTAINER_ID],
    ["container.name", "web"],
    ["container.type", "docker"],
    ["container.image", "registry.test:5000/team/web:1.2"],
    ["container.image.repository", "registry.test:5000/team/web"],
    ["container.image.tag", "1.2"],
    ["container.image.id", "a".repeat(12)],
    ["container.privileged", true],
    ["container.host_network", true],
    ["container.start_ts", 1_002_000e6],
    ["container.duration", 10e9],
    ["container.mounts", "/var/run/docker.sock:/run/docker.sock:ro:false:rprivate"],
    ["container.mount.dest[/var/run/docker.sock]", "/run/docker.sock"],
    ["container.mount.dest[/var/run/*]", "/run/docker.sock"],
    ["container.mount.dest[/etc]", "N/A"],
    ["container.mount.dest[0]", "/run/docker.sock"],
    ["container.mount.source[/run/docker.sock]", "/var/run/docker.sock"],
    ["container.mount.rdwr[/var/run/docker.sock]", "false"],
    ["container.label.tier", "front"],
    ["container.label[tier]", "front"],
    ["container.label[none]", undefined],
    ["container.labels", "tier:front, io.kubernetes.pod.name:web-0"],
    ["k8s.pod.name", "web-0"],
    ["k8s.ns.name", undefined],
  ])("reads %s", (field, expected) => {
    expect(read(event(bytesOf("unlink", inside)), field)).toEqual(expected);
  });

  it.each([
    ["container.id", "host"],
    ["container.name", "host"],
    ["container.image.repository", undefined],
    ["container.privileged", undefined],
    ["container.mount.dest[/etc]", undefined],
    ["user.name", "root"],
  ])("reads %s of the host", (field, expected) => {
    expect(read(event(bytesOf("unlink", { pid: 20, ppid: 1 })), field)).toEqual(expected);
  });
});

describe("fields of files", () => {
  const open = (path: string, flags: number, content: Parameters<typeof opening>[3] = {}) =>
    event(
      opening(
        "openat",
        path,
        {},
        { ...inside, ...content, sections: { number0: flags, number1: 0o644, ...content.sections } },
      ),
    );

  it.each([
    ["/etc/../etc/../etc/shadow", "/etc/shadow", "/etc", "shadow"],
    ["passwd", "/work/passwd", "/work", "passwd"],
    ["../etc//passwd", "/etc/passwd", "/etc", "passwd"],
    ["/x", "/x", "/", "x"],
  ])("names %s as %s", (given, name, directory, filename) => {
    const opened = open(given, 0);
    expect(
      ["fd.name", "fd.nameraw", "fd.directory", "fd.filename"].map((field) => read(opened, field)),
    ).toEqual([name, given, directory, filename]);
  });

  it("resolves a path against the directory that it is relative to", () => {
    expect(read(open("shadow", 0, { sections: { directory: "/etc" } }), "fd.name")).toBe("/etc/shadow");
  });

  it("does not follow links, and knows where they led", () => {
    const opened = open("/tmp/link", 0, { sections: { resolved: "/etc/shadow" } });
    expect([read(opened, "fd.name"), opened.resolvedPath]).toEqual(["/tmp/link", "/etc/shadow"]);
  });

  it.each([
    [0, "O_RDONLY", true, false],
    [O.wronly | O.creat | O.trunc, "O_TRUNC|O_CREAT|O_WRONLY", false, true],
    [O.rdwr | O.cloexec, "O_RDWR|O_CLOEXEC", true, true],
    [O.directory, "O_DIRECTORY|O_RDONLY", true, false],
    [O.path, "O_RDONLY", false, false],
  ])("reads flags %i as %s", (flags, text, reads, writes) => {
    const opened = open("/f", flags);
    expect(
      ["evt.arg.flags", "evt.is_open_read", "evt.is_open_write"].map((field) => read(opened, field)),
    ).toEqual([text, reads, writes]);
  });

  it("says what was created, of the upper layer, and can be executed", () => {
    const file = { inode: 77, device: (8 << 20) | 1, mode: 0o100755, flags: 0, fileFlags: 7 };
    const made = event(
      opening("open", "/usr/bin/x", file, {
        ...inside,
        sections: { number0: O.creat | O.wronly, number1: 0o755 },
      }),
    );
    expect(
      [
        "evt.is_open_exec",
        "evt.is_open_create",
        "evt.arg.flags",
        "fd.is_upper_layer",
        "fd.ino",
        "fd.dev.major",
        "fd.dev.minor",
      ].map((field) => read(made, field)),
    ).toEqual([true, true, "O_CREAT|O_WRONLY|O_F_CREATED", true, 77, 8, 1]);
  });

  it.each([
    ["fd.num", 3, -1],
    ["evt.res", "SUCCESS", "EACCES"],
    ["evt.rawres", 3, -13],
    ["evt.failed", false, true],
    ["fd.name", "/f", "/f"],
  ])("reads %s of a success and of a failure", (field, success, failure) => {
    expect([read(open("/f", 0), field), read(open("/f", 0, { result: -13 }), field)]).toEqual([
      success,
      failure,
    ]);
  });

  it.each([
    ["fd.typechar", "f"],
    ["fd.type", "file"],
    ["evt.type", "openat"],
    ["evt.dir", "<"],
    ["evt.arg.name", "/work/f"],
    ["evt.rawarg.name", "f"],
    ["evt.arg[0]", "<f>/work/f"],
    ["evt.arg.fd", "<f>/work/f"],
    ["evt.args", "fd=3(<f>/work/f) name=f(/work/f) flags=1(O_WRONLY) mode=0644 dev=0 ino=7"],
    ["evt.hostname", "bench"],
    ["evt.time.iso8601", "1970-01-01T00:16:52.000000000Z"],
    ["evt.rawtime", 1_012_000e6],
    ["fs.path.name", "/work/f"],
    ["fd.containername", "c0ffee000000:/work/f"],
    ["fd.containerdirectory", "c0ffee000000:/work"],
  ])("reads %s", (field, expected) => {
    expect(read(open("f", O.wronly), field)).toBe(expected);
  });

  it.each([
    [
      "chmod",
      { path: "/bin/x", number1: 0o4755 },
      "evt.arg.mode",
      "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID",
    ],
    ["chmod", { path: "x", number1: 0 }, "evt.arg.filename", "/work/x"],
    ["fchmodat", { path: "x", number2: 0o2000 }, "evt.arg.mode", "S_ISGID"],
    ["symlink", { path: "/tmp/l", path2: "/etc/shadow" }, "evt.arg.target", "/etc/shadow"],
    ["symlinkat", { path: "l", path2: "../etc" }, "evt.arg.linkpath", "/work/l"],
    ["link", { path: "/etc/shadow", path2: "s" }, "evt.arg.oldpath", "/etc/shadow"],
    ["linkat", { path: "a", directory: "/etc", path2: "b", directory2: "/tmp" }, "evt.arg.newpath", "/tmp/b"],
    ["rename", { path: "/a", path2: "/b" }, "evt.arg.newpath", "/b"],
    ["rename", { path: "/a", path2: "/b" }, "fs.path.source", "/a"],
    ["rename", { path: "/a", path2: "/b" }, "fs.path.target", "/b"],
    ["unlinkat", { path: "x", number2: 0x200 }, "evt.arg.flags", "AT_REMOVEDIR"],
    ["mkdirat", { path: "bin", directory: "/usr" }, "evt.arg.path", "/usr/bin"],
    [
      "mount",
      { text2: "/dev/sda", path: "/mnt", text: "ext4", number3: 4097 },
      "evt.arg.flags",
      "RDONLY|BIND",
    ],
    ["mount", { text2: "/dev/sda", path: "/mnt", text: "ext4", number3: 0 }, "evt.arg.dev", "/dev/sda"],
  ] as const)("reads of %s %j %s", (kind, sections, field, expected) => {
    expect(read(event(bytesOf(kind, { ...inside, sections })), field)).toBe(expected);
  });
});

describe("fields of sockets", () => {
  const local = { address: "10.0.0.2", port: 40000 };
  const remote = { address: "192.0.2.1", port: 443 };

  it.each([
    ["fd.name", "10.0.0.2:40000->192.0.2.1:443"],
    ["fd.typechar", "4"],
    ["fd.type", "ipv4"],
    ["fd.l4proto", "tcp"],
    ["fd.sockfamily", "ip"],
    ["fd.num", 3],
    ["fd.ip", ["10.0.0.2", "192.0.2.1"]],
    ["fd.net", ["10.0.0.2", "192.0.2.1"]],
    ["fd.port", [40000, 443]],
    ["fd.cip", "10.0.0.2"],
    ["fd.sip", "192.0.2.1"],
    ["fd.snet", "192.0.2.1"],
    ["fd.lip", "10.0.0.2"],
    ["fd.rip", "192.0.2.1"],
    ["fd.sport", 443],
    ["fd.lport", 40000],
    ["fd.connected", true],
    ["fd.name_changed", true],
    ["fd.directory", undefined],
    ["fd.nameraw", undefined],
    ["evt.arg.tuple", "10.0.0.2:40000->192.0.2.1:443"],
  ])("reads %s of a connection", (field, expected) => {
    expect(read(event(socketCall("connect", local, remote, inside)), field)).toEqual(expected);
  });

  it("reads who is the server of one that was accepted", () => {
    const accepted = event(
      socketCall(
        "accept4",
        { address: "::1", port: 80 },
        { address: "2001:db8::9", port: 5000 },
        { ...inside, result: 9 },
      ),
    );
    expect(
      ["fd.name", "fd.num", "fd.sip", "fd.cip", "fd.rip", "fd.is_server"].map((field) =>
        read(accepted, field),
      ),
    ).toEqual(["2001:db8::9:5000->::1:80", 9, "::1", "2001:db8::9", "2001:db8::9", true]);
  });

  it.each([
    ["refused", -111, false, "ECONNREFUSED"],
    ["on its way", -115, true, "EINPROGRESS"],
  ])("reads of a connection that is %s whether it is one", (_, result, connected, name) => {
    const tried = event(socketCall("connect", local, remote, { ...inside, result }));
    expect([read(tried, "fd.connected"), read(tried, "evt.res")]).toEqual([connected, name]);
  });

  it("reads a datagram of a socket that is not connected", () => {
    const sent = event(
      socketCall(
        "sendto",
        undefined,
        { ...remote, protocol: 17 },
        { ...inside, sections: { data: "hello\n" } },
      ),
    );
    expect(
      ["fd.name", "fd.l4proto", "fd.connected", "evt.arg.data"].map((field) => read(sent, field)),
    ).toEqual(["0.0.0.0:0->192.0.2.1:443", "udp", false, "hello."]);
    expect(read(sent, "evt.buffer")).toEqual(Buffer.from("hello\n"));
  });

  it("takes the lower port for the server where a datagram came", () => {
    const answer = event(
      socketCall(
        "recvfrom",
        { address: "10.0.0.2", port: 40000, protocol: 17 },
        { address: "192.0.2.53", port: 53, protocol: 17 },
        inside,
      ),
    );
    expect([read(answer, "fd.sip"), read(answer, "fd.is_server")]).toEqual(["192.0.2.53", false]);
  });

  it.each([
    ["/run/docker.sock", "/run/docker.sock", "docker.sock"],
    ["\0containerd", "@containerd", "@containerd"],
  ])("reads the Unix socket %j", (path, name, file) => {
    const connected = event(bytesOf("connect", { ...inside, sections: { number0: 4, unixPath: path } }));
    expect(
      ["fd.name", "fd.typechar", "fd.filename", "fd.l4proto", "fd.ip"].map((field) => read(connected, field)),
    ).toEqual([name, "u", file, undefined, undefined]);
    expect(connected.remote).toEqual({ address: name, port: 0 });
  });

  it("reads a mapped address as what it is", () => {
    const mapped = event(socketCall("connect", undefined, { address: "::ffff:c000:201", port: 80 }, inside));
    expect([read(mapped, "fd.typechar"), read(mapped, "fd.sip")]).toEqual(["4", "192.0.2.1"]);
  });

  it("knows a server by the name that this container asked for", () => {
    const answer = dnsBytes({
      isResponse: true,
      questions: [{ name: "pool.test", type: 1 }],
      answers: [{ owner: "pool.test", type: 1, ttl: 300, data: Buffer.from([192, 0, 2, 1]) }],
    });
    const asked = event(
      socketCall(
        "dns",
        { ...local, protocol: 17 },
        { address: "192.0.2.53", port: 53, protocol: 17 },
        { ...inside, sections: { data: answer, number0: 1, number1: 5 } },
      ),
    );
    expect(
      ["evt.arg.name", "evt.arg.type", "evt.arg.answers", "evt.arg.rcode", "evt.arg.direction"].map((field) =>
        read(asked, field),
      ),
    ).toEqual(["pool.test", "A", "192.0.2.1", "NOERROR", "answer"]);
    expect(read(event(socketCall("connect", local, remote, inside)), "fd.sip.name")).toBe("pool.test");
    expect(
      read(event(socketCall("connect", local, remote, { pid: 20, ppid: 1 })), "fd.sip.name"),
    ).toBeUndefined();
  });

  it("knows standard input and output that became a socket", () => {
    const sections = { number0: 7, number1: 0, remote: addressBytes(remote) };
    const turned = event(bytesOf("dup2", { ...inside, result: 0, sections }));
    expect(["fd.num", "fd.type", "evt.rawres"].map((field) => read(turned, field))).toEqual([0, "ipv4", 0]);
    const later = event(bytesOf("unlink", inside));
    expect([
      read(later, "fd.types"),
      read(later, "fd.types[0]"),
      read(later, "fd.types[1]"),
      read(later, "proc.stdin.type"),
    ]).toEqual([["ipv4"], ["ipv4"], undefined, "ipv4"]);
  });
});

describe("arguments of other calls", () => {
  it.each([
    ["ptrace", { number0: 16, number1: 9 }, "evt.arg.request", "PTRACE_ATTACH"],
    ["ptrace", { number0: 0 }, "evt.arg.request", "PTRACE_TRACEME"],
    ["ptrace", { number0: 16, number1: 9 }, "evt.args", "res=0 request=16(PTRACE_ATTACH) pid=9"],
    ["socket", { number0: 17, number1: 3 | 0o2000000, number2: 768 }, "evt.arg.domain", "AF_PACKET"],
    ["socket", { number0: 17, number1: 3 | 0o2000000, number2: 768 }, "evt.arg.type", "SOCK_RAW"],
    ["bpf", { number0: 5 }, "evt.arg.cmd", "BPF_PROG_LOAD"],
    ["bpf", { number0: 5 }, "evt.rawarg.cmd", "5"],
    ["unshare", { number0: 0x1000_0000 }, "evt.arg.flags", "CLONE_NEWUSER"],
    ["setns", { number0: 3, number1: 0x2_0000 }, "evt.arg.nstype", "CLONE_NEWNS"],
    ["clone", { number1: 0x8000_0000 }, "evt.arg.flags", "CLONE_IO"],
    ["setuid", { number0: 1000 }, "evt.arg.uid", "app"],
    ["setuid", { number0: 1000 }, "evt.rawarg.uid", "1000"],
    ["setuid", { number0: 0 }, "evt.arg.uid", "root"],
    ["setuid", { number0: 77 }, "evt.arg.uid", "77"],
    ["setresuid", { number0: 0xffff_ffff, number1: 0 }, "evt.arg.ruid", "-1"],
    ["capset", { number2: 1n << 12n }, "evt.arg.cap_effective", "CAP_NET_ADMIN"],
    ["kill", { number0: -1, number1: 9 }, "evt.arg.sig", "SIGKILL"],
    ["kill", { number0: -1, number1: 9 }, "evt.arg.pid", "-1"],
    ["memfd_create", { text: "payload", number1: 1 }, "evt.arg.name", "payload"],
    ["memfd_create", { text: "payload", number1: 1 }, "evt.arg.flags", "MFD_CLOEXEC"],
    ["fcntl", { number0: 7, number1: 1030 }, "evt.arg.cmd", "F_DUPFD_CLOEXEC"],
    ["delete_module", { text: "evil", number1: 0o4000 }, "evt.arg.flags", "O_NONBLOCK"],
    ["userfaultfd", { number0: 0o2000000 }, "evt.arg.flags", "O_CLOEXEC"],
    ["openat", { path: "/x" }, "evt.arg.nothing", undefined],
  ] as const)("reads of %s %o %s", (kind, sections, field, expected) => {
    expect(read(event(bytesOf(kind, { ...inside, sections })), field)).toBe(expected);
  });

  it("tells an execution by what it made of the process", () => {
    const executed = event(
      execution(["/bin/cat", "/etc/shadow"], { ...inside, pid: 400, sections: { filename: "./cat" } }),
    );
    expect(
      ["evt.arg.exe", "evt.arg.args", "evt.arg.filename", "evt.arg.comm"].map((field) =>
        read(executed, field),
      ),
    ).toEqual(["/bin/cat", "/etc/shadow", "./cat", "cat"]);
  });

  it("reads arguments as the common noun has them", () => {
    const opened = event(opening("open", "/f", {}, { ...inside, sections: { number0: 0, number1: 0 } }));
    expect(opened.arguments).toMatchObject({ name: "/f", flags: "O_RDONLY", fd: "<f>/f" });
  });
});

describe("SensorFields", () => {
  it.each([
    ["evt.arg", undefined],
    ["evt.nothing", undefined],
    ["proc.aname", "x"],
    ["proc.name", "1"],
    ["fd.types", "x"],
    ["constructor", undefined],
    ["evt.type.is", undefined],
  ])("has no reader for %s with %s", (name, argument) => {
    expect(fields.reader(name, argument)).toBeUndefined();
  });

  it("gives lists as lists, and one of them as one", () => {
    expect(fields.reader("proc.aname", undefined)).toMatchObject({ type: "string", isList: true });
    expect(fields.reader("proc.aname", "2")).toMatchObject({ type: "string", isList: false });
    expect(fields.reader("fd.net", undefined)).toMatchObject({ type: "network", isList: true });
  });

  it("reads every field of every kind of event, and throws for none", () => {
    const kinds = Object.values(wireKinds).filter((kind) => rowOfKind[kind] !== undefined);
    expect(kinds.length).toBeGreaterThan(80);
    for (const kind of kinds) {
      const bytes = recordBytes({ ...inside, kind });
      for (const [name, row] of Object.entries(fieldTable)) {
        const reads = [row.read, row.readWith?.("0"), row.readWith?.("x")];
        for (const one of reads) expect(() => one?.(event(bytes)), `${name} of kind ${kind}`).not.toThrow();
      }
    }
  });

  it("throws for nothing that a section may hold", () => {
    const kinds = Object.values(wireKinds).filter((kind) => rowOfKind[kind] !== undefined);
    const readers = Object.values(fieldTable).flatMap((row) => [
      row.read,
      row.readWith?.("0"),
      row.readWith?.("x"),
    ]);
    const tags = constantFrom(...Object.keys(wireTags));
    const sections = dictionary(tags, uint8Array({ maxLength: 160 }), { maxKeys: 12 });
    assert(
      property(constantFrom(...kinds), sections, maxSafeInteger(), (kind, content, result) => {
        const bytes = recordBytes({ ...inside, kind, pid: 7777, result, sections: content });
        const strange = event(bytes);
        for (const one of readers) one?.(strange);
        return JSON.stringify(strange.arguments) !== undefined;
      }),
      { numRuns: 300 },
    );
  });
});
