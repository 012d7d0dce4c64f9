import { describe, expect, it } from "vitest";
import type { TestEvent } from "../testdata/event.ts";
import { errorsOf, eventWith, fileOf, holds } from "../testdata/rule-text.ts";

type Fields = TestEvent["fields"];

const bytes = Uint8Array.from([0xca, 0xfe, 0xba, 0xbe, 0x41]);

describe("a field without a value", () => {
  it.each([
    ["proc.pname = x", false],
    ["proc.pname != x", false],
    ["not proc.pname = x", true],
    ["not proc.pname != x", true],
    ["proc.pname exists", false],
    ["not proc.pname exists", true],
    ["proc.pname in (x)", false],
    ["proc.pname pmatch (/)", false],
    ["proc.tty < 1", false],
    ["proc.tty >= 0", false],
    ["proc.pname = val(proc.name)", false],
    ["proc.name != val(proc.pname)", false],
    ["tolower(proc.pname) != x", false],
    ["proc.name = tolower(proc.pname)", false],
    ["fd.ip != 1.2.3.4", false],
    ["proc.aname != x", false],
  ])("%s is %s", (condition, expected) => {
    expect(holds(condition, eventWith({ "proc.name": "sh" }))).toBe(expected);
  });

  it("has no ancestors where the list is empty", () => {
    expect(holds("proc.aname exists", eventWith({ "proc.aname": [] }))).toBe(false);
    expect(holds("proc.aname != x", eventWith({ "proc.aname": [] }))).toBe(false);
  });
});

describe("texts", () => {
  const fields: Fields = {
    "proc.name": "Bash",
    "fd.name": "/var/run/a b",
    "proc.args": "-c x\\y",
    "proc.cmdline": "",
  };

  it.each([
    ["proc.name = Bash", true],
    ["proc.name = bash", false],
    ["proc.name != bash", true],
    ["proc.name in (sh, Bash)", true],
    ["proc.name intersects (sh, Bash)", true],
    ["proc.name in ()", false],
    ["not proc.name in ()", true],
    ["proc.name contains as", true],
    ["proc.name contains AS", false],
    ["proc.name icontains AS", true],
    ["proc.name startswith Ba", true],
    ["proc.name endswith sh", true],
    ["proc.name glob B*h", true],
    ["proc.name glob b*h", false],
    ["proc.name iglob b*H", true],
    ["proc.name regex B[a-z]+", true],
    ["proc.name regex a", false],
    ["fd.name pmatch (/var/run)", true],
    ["fd.name pmatch (/var/ru)", false],
    ['fd.name endswith "a b"', true],
    ['proc.args contains "\\ "', true],
    ["(proc.args contains \\)", true],
    ['proc.cmdline = ""', true],
    ["proc.cmdline exists", true],
    ["proc.cmdline startswith ''", true],
    ["proc.name startswith oneof (B, Ba, x)", false],
    ["proc.name startswith oneof (B, x)", true],
    ["proc.name startswith anyof (B, Ba)", true],
    ["proc.name startswith anyof (x, y)", false],
    ["proc.name startswith allof (B, Ba)", true],
    ["proc.name startswith allof (B, x)", false],
    ["proc.name != allof (a, b)", true],
    ["proc.name contains anyof ()", false],
  ])("%s is %s", (condition, expected) => {
    expect(holds(condition, eventWith(fields))).toBe(expected);
  });
});

describe("numbers and flags", () => {
  const fields: Fields = {
    "evt.rawres": -2,
    "proc.tty": 34_816,
    "evt.is_open_write": true,
    "fd.connected": false,
  };

  it.each([
    ["evt.rawres = -2", true],
    ["evt.rawres != -2", false],
    ["evt.rawres < 0", true],
    ["evt.rawres <= -2", true],
    ["evt.rawres > -3", true],
    ["evt.rawres >= 0", false],
    ["evt.rawres in (0, -2)", true],
    ["evt.rawres intersects (0, 1)", false],
    ["proc.tty = 0x8800", true],
    ["proc.tty = '34816'", true],
    ["proc.tty exists", true],
    ["evt.is_open_write = true", true],
    ["evt.is_open_write != true", false],
    ["evt.is_open_write in (true)", true],
    ["fd.connected = false", true],
    ["fd.connected exists", true],
  ])("%s is %s", (condition, expected) => {
    expect(holds(condition, eventWith(fields))).toBe(expected);
  });
});

describe("bytes", () => {
  it.each([
    ["evt.buffer bcontains cafebabe", true],
    ["evt.buffer bcontains feba", true],
    ["evt.buffer bcontains FEBA", true],
    ["evt.buffer bcontains beef", false],
    ["evt.buffer bstartswith cafe", true],
    ["evt.buffer bstartswith babe", false],
    ["evt.buffer contains A", true],
    ["evt.buffer endswith A", true],
    ["evt.buffer startswith A", false],
    ["evt.buffer = A", false],
    ["evt.buffer != A", true],
  ])("%s is %s", (condition, expected) => {
    expect(holds(condition, eventWith({ "evt.buffer": bytes }))).toBe(expected);
  });
});

describe("addresses", () => {
  const ends: Fields = {
    "fd.ip": ["10.0.0.2", "203.0.113.7"],
    "fd.net": ["10.0.0.2", "203.0.113.7"],
    "fd.port": [40_000, 443],
    "fd.sip": "::ffff:203.0.113.7",
    "fd.snet": "203.0.113.7",
  };

  it.each([
    ["= is of either end", "fd.ip = 203.0.113.7", true],
    ["= of neither", "fd.ip = 203.0.113.8", false],
    ["in is of either end", "fd.ip in (1.1.1.1, 10.0.0.2)", true],
    ["!= is of both", "fd.ip != 203.0.113.7", false],
    ["!= of neither", "fd.ip != 203.0.113.8", true],
    ["a literal of the other family is none of them", "fd.ip = ::1", false],
    ["and differs from both", "fd.ip != ::1", true],
    ["a network holds either end", "fd.net in (10.0.0.0/8)", true],
    ["a network that does not", "fd.net = 172.16.0.0/12", false],
    ["!= of a network is of both", "fd.net != 10.0.0.0/8", false],
    ["ports are of either end", "fd.port = 443", true],
    ["!= of ports is of both", "fd.port != 443", false],
    ["many networks", "fd.snet in (192.0.2.0/24, 203.0.113.0/24)", true],
    ["an address is a network of one", "fd.snet = 203.0.113.7", true],
    ["mapped addresses are IPv4", "fd.sip = 203.0.113.7", true],
    ["and are written either way", "fd.sip in (::ffff:203.0.113.7)", true],
  ])("%s", (_, condition, expected) => {
    expect(holds(condition, eventWith(ends))).toBe(expected);
  });
});

describe("ancestors", () => {
  const fields: Fields = { "proc.aname": ["sh", "nginx"], "proc.aname[1]": "sh", "proc.aname[2]": "nginx" };

  it.each([
    ["any of them without a number", "proc.aname = nginx", true],
    ["any of them in a list", "proc.aname in (sshd, sh)", true],
    ["!= of any of them", "proc.aname != nginx", true],
    ["not any of them", "not proc.aname = nginx", false],
    ["one by its number", "proc.aname[2] = nginx", true],
    ["another by its number", "proc.aname[1] = nginx", false],
    ["one that there is not", "not proc.aname[3] exists", true],
  ])("%s", (_, condition, expected) => {
    expect(holds(condition, eventWith(fields))).toBe(expected);
  });
});

describe("lists", () => {
  it.each([
    ["in: every value", "fd.types in (file, ipv4)", ["file", "ipv4"], true],
    ["in: one is missing", "fd.types in (file)", ["file", "ipv4"], false],
    ["intersects: one of them", "fd.types intersects (file, unix)", ["file", "ipv4"], true],
    ["intersects: none", "fd.types intersects (unix)", ["file", "ipv4"], false],
    ["of none", "fd.types in (file)", [], false],
  ])("%s", (_, condition, types, expected) => {
    expect(holds(condition, eventWith({ "fd.types": types }))).toBe(expected);
  });
});

describe("arguments", () => {
  it.each([
    ["by name", "evt.arg.flags contains O_CREAT", { "evt.arg.flags": "O_CREAT|O_WRONLY" }],
    ["in brackets", "evt.arg[flags] contains O_CREAT", { "evt.arg.flags": "O_CREAT|O_WRONLY" }],
    ["by number", "evt.arg[1] = x", { "evt.arg.1": "x" }],
    ["raw", "evt.rawarg.fd >= 3", { "evt.rawarg.fd": 3 }],
    ["of labels", "container.label.app = web", { "container.label.app": "web" }],
    [
      "of labels with dots",
      "container.label[com.example/x] = web",
      { "container.label.com.example/x": "web" },
    ],
    ["of the environment", "proc.env[LD_PRELOAD] = x", { "proc.env[LD_PRELOAD]": "x" }],
    ["of mounts", "container.mount.dest[/var*] = /mnt", { "container.mount.dest[/var*]": "/mnt" }],
  ])("%s", (_, condition, fields) => {
    expect(holds(condition, eventWith(fields))).toBe(true);
    expect(holds(condition, eventWith({}))).toBe(false);
  });
});

describe("fields against fields", () => {
  it.each([
    ["equal texts", "proc.name = val(proc.pname)", { "proc.name": "a", "proc.pname": "a" }, true],
    ["unequal texts", "proc.name = val(proc.pname)", { "proc.name": "a", "proc.pname": "b" }, false],
    ["!=", "proc.name != val(proc.pname)", { "proc.name": "a", "proc.pname": "b" }, true],
    ["numbers", "proc.pid > val(proc.ppid)", { "proc.pid": 10, "proc.ppid": 9 }, true],
    [
      "part of another",
      "proc.cmdline contains val(proc.name)",
      { "proc.cmdline": "a b", "proc.name": "b" },
      true,
    ],
    ["the list of another", "proc.name in val(fd.types)", { "proc.name": "a", "fd.types": ["b", "a"] }, true],
    ["addresses", "fd.sip = val(fd.cip)", { "fd.sip": "::ffff:1.2.3.4", "fd.cip": "1.2.3.4" }, true],
  ])("%s", (_, condition, fields: Fields, expected) => {
    expect(holds(condition, eventWith(fields))).toBe(expected);
  });
});

describe("transformers", () => {
  it.each([
    ["tolower(proc.name) = bash", { "proc.name": "BASH" }],
    ["toupper(proc.name) in (BASH)", { "proc.name": "bash" }],
    ["basename(proc.exepath) = sh", { "proc.exepath": "/bin/sh" }],
    ["basename(proc.name) = sh", { "proc.name": "sh" }],
    ["b64(proc.args) = 'hi'", { "proc.args": "aGk=" }],
    ["not b64(proc.args) exists", { "proc.args": "!" }],
    ["b64(evt.buffer) bcontains 6869", { "evt.buffer": Uint8Array.from([0x61, 0x47, 0x6b, 0x3d]) }],
    ["tolower(proc.name) = shÉ", { "proc.name": "SHÉ" }],
    ["toupper(fd.types) in (FILE, IPV4)", { "fd.types": ["file", "ipv4"] }],
    ["tolower(proc.aname) = sh", { "proc.aname": ["nginx", "SH"] }],
    ["len(proc.name) = 2", { "proc.name": "é" }],
    ["len(fd.types) > 1", { "fd.types": ["a", "b"] }],
    ["len(evt.buffer) = 5", { "evt.buffer": bytes }],
    ["join('-', fd.types) = a-b", { "fd.types": ["a", "b"] }],
    ["join('', (proc.name, 'x')) = ax", { "proc.name": "a" }],
    ["concat(fd.sip, ':', fd.sport) in (1.2.3.4:53)", { "fd.sip": "1.2.3.4", "fd.sport": 53 }],
    ["proc.name = tolower(proc.pname)", { "proc.name": "a", "proc.pname": "A" }],
    ["toupper(basename(proc.exepath)) = SH", { "proc.exepath": "/bin/sh" }],
    ["getopt(proc.args, 'o:v')[o] = out", { "proc.args": "-v -o out" }],
    ["getopt(proc.args, 'o:v')[o] = out", { "proc.args": "-vo out" }],
    ["getopt(proc.args, 'o:v')[v] = v", { "proc.args": "-v" }],
    ["getopt(proc.args, 'o:v')[o] = b", { "proc.args": "-o a -ob" }],
    ["getopt(proc.args, 'o:v')[o] = ''", { "proc.args": "-v -o" }],
    ["getopt(proc.args, 'o:v')[v] = v", { "proc.args": "--long -xv" }],
    ["not getopt(proc.args, 'o:v')[v] exists", { "proc.args": "file -v" }],
    ["not getopt(proc.args, 'o:v')[v] exists", { "proc.args": "-ov" }],
    ["getopt(proc.args, 'o:v') intersects (out)", { "proc.args": "-v -o out" }],
    ["join('+', getopt(proc.args, 'o:v')) = 'v+o+out+?'", { "proc.args": "-v -o out -x" }],
    ["not getopt(proc.args, 'o:v')[v] exists", { "proc.args": "-- -v" }],
  ])("%s", (condition, fields: Fields) => {
    expect(holds(condition, eventWith(fields))).toBe(true);
  });
});

describe("types of events", () => {
  it.each([
    ["evt.type = openat", true],
    ["evt.type in (open, openat)", true],
    ["evt.type != openat", false],
    ["not evt.type = execve", true],
    ["evt.type startswith open", true],
    ["evt.type.is.openat = 1", true],
    ["evt.type.is.execve = 1", false],
    ["syscall.type = openat", true],
    ["evt.type exists", true],
    ["evt.dir = <", true],
    ["evt.dir = >", false],
    ["evt.dir != >", true],
    ["evt.source = syscall", true],
    ["evt.num = 0", false],
    ["evt.num >= 0", true],
  ])("%s is %s", (condition, expected) => {
    expect(holds(condition, eventWith({ "evt.num": 4 }))).toBe(expected);
  });

  it("are no system calls where they are none", () => {
    expect(holds("syscall.type exists or syscall.type = dns", eventWith({}, "dns"))).toBe(false);
    expect(holds("evt.type = dns", eventWith({}, "dns"))).toBe(true);
  });
});

describe("types of fields", () => {
  it.each([
    [
      "a text is not compared in bytes",
      "proc.name bcontains 41",
      /operator bcontains does not fit a string/u,
    ],
    ["a number is no text", "proc.tty contains 3", /does not fit a number/u],
    ["a number that is none", "proc.tty = x", /"x" is no number/u],
    ["a flag that is none", "fd.connected = yes", /neither true nor false/u],
    ["a flag has no order", "fd.connected < 1", /does not fit a boolean/u],
    ["an address that is none", "fd.sip = localhost", /no address/u],
    ["an address is no network", "fd.sip = 10.0.0.0/8", /no address/u],
    ["a network that is none", "fd.snet in (10.0.0.0/99)", /no network/u],
    ["bytes that are none", "evt.buffer bcontains xyz", /not hexadecimal/u],
    ["a regular expression that is none", "proc.name regex '('", /missing/u],
    ["a list compares as a whole", "fd.types = file", /is a list/u],
    ["fields of two types", "proc.name = val(proc.tty)", /is a string, and proc.tty a number/u],
    ["several values on the right", "proc.name = val(proc.aname)", /several values/u],
    ["several values on the left", "fd.ip = val(fd.sip)", /several values/u],
    ["a network on the right", "fd.snet = val(fd.cnet)", /networks have no value/u],
    ["a path prefix from a field", "proc.name pmatch val(proc.pname)", /cannot compare/u],
    ["a regular expression from a field", "proc.name regex val(proc.pname)", /cannot compare/u],
    ["an unknown field", "proc.nane = x", /unknown field "proc.nane"/u],
    ["an unknown field in a transformer", "tolower(proc.nane) = x", /unknown field/u],
    ["an argument that is needed", "evt.arg = x", /needs an argument/u],
    ["an argument that is not", "proc.name[1] = x", /takes no argument/u],
    ["an argument that is no number", "proc.aname[x] = y", /takes a number/u],
    ["a transformer of a number", "tolower(proc.tty) = x", /takes one text/u],
    ["a transformer of two", "basename(proc.name, proc.pname) = x", /takes one text/u],
    ["a separator that is missing", "join(fd.types) = x", /takes a separator/u],
    ["options as one text", "getopt(proc.args, 'v') = x", /is a list/u],
    ["two letters at once", "getopt(proc.args, 'v')[vv] = x", /one letter/u],
    ["options without letters", "getopt(proc.args) exists", /letters of options/u],
    ["nothing to put together", "concat(proc.name) = x", /takes texts/u],
    ["brackets after another", "tolower(proc.name)[x] = y", /no argument in brackets/u],
  ])("%s", (_, condition, message) => {
    expect(errorsOf(fileOf(condition))).toEqual([expect.stringMatching(message)]);
  });
});
