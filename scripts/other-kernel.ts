// Runs end-to-end tests on another kernel: `node scripts/other-kernel.ts linux-image-6.1.deb prevention runtime`. The
// kernel is one of Debian's packages (`apt-get download linux-image-…`), booted by QEMU over this machine's own files.
// Needs root, the packages qemu-system-x86, kmod, cpio, busybox-static and e2fsprogs, and a build (`npm run build`).

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

const repository = path.resolve(import.meta.dirname, "..");
const parts = path.join(import.meta.dirname, "other-kernel");
/** What the first process needs before it has any file of this machine. */
const FIRST_MODULES = ["virtio_pci", "virtio_blk", "9p", "9pnet_virtio", "overlay", "ext4"];
const DISK_BYTES = 12 * 1024 ** 3;
const MEMORY_MIB = 4096;
const DEADLINE_MS = 3_600_000;

const [kernelPackage, ...tests] = process.argv.slice(2);
if (kernelPackage === undefined || tests.length === 0 || tests.some((test) => !/^[a-z-]+$/u.test(test))) {
  console.error("usage: node scripts/other-kernel.ts KERNEL.deb TEST…   (a TEST is prevention, runtime, …)");
  process.exit(1);
}
const directory = mkdtempSync(path.join(tmpdir(), "other-kernel-"));
try {
  process.exitCode = (await boot(unpack(kernelPackage))) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

interface Kernel {
  readonly image: string;
  /** Holds a directory of the kernel's version. */
  readonly modules: string;
  readonly version: string;
}

function unpack(file: string): Kernel {
  const root = path.join(directory, "kernel");
  must("dpkg-deb", ["-x", file, root]);
  // Of old, modules lie in /lib; tools look for them there in any case.
  if (!readdirSync(root).includes("lib")) must("ln", ["-s", "usr/lib", path.join(root, "lib")]);
  const modules = path.join(root, "lib/modules");
  const [version] = readdirSync(modules);
  if (version === undefined) throw new Error(`${file} has no modules`);
  must("depmod", ["-b", root, version]);
  return { image: path.join(root, "boot", `vmlinuz-${version}`), modules, version };
}

function firstFiles({ modules, version }: Kernel): string {
  const root = path.join(directory, "first");
  for (const name of ["bin", "proc", "sys", "dev", "host", "upper", "root", "modules"])
    mkdirSync(path.join(root, name), { recursive: true });
  copyFileSync("/bin/busybox", path.join(root, "bin/busybox"));
  copyFileSync(path.join(parts, "init.sh"), path.join(root, "init"));
  const job = readFileSync(path.join(parts, "job.sh"), "utf8");
  writeFileSync(path.join(root, "job"), `REPOSITORY='${repository}' TESTS='${tests.join(" ")}'\n${job}`);
  writeFileSync(path.join(root, "modules-directory"), modules);
  const base = path.resolve(modules, "../..");
  const files = FIRST_MODULES.flatMap((name) =>
    must("modprobe", ["-d", base, "-S", version, "--show-depends", name])
      .split("\n")
      .flatMap((line) => /^insmod (\S+)/u.exec(line)?.[1] ?? []),
  );
  for (const [at, file] of [...new Set(files)].entries()) {
    const name = `${String(at).padStart(2, "0")}-${path.basename(file).replace(/\.xz$/u, "")}`;
    const unpacks = file.endsWith(".xz") ? "xz -dc" : "cat";
    must("sh", ["-c", `${unpacks} "$0" >"$1"`, file, path.join(root, "modules", name)]);
  }
  const archive = path.join(directory, "first.gz");
  must("sh", ["-c", `chmod +x init && find . | cpio -o -H newc | gzip -1 >"$0"`, archive], root);
  return archive;
}

/** Resolves to whether all tests passed. Rejects where the machine does not get so far as to say so. */
async function boot(kernel: Kernel): Promise<boolean> {
  const disk = path.join(directory, "disk");
  writeFileSync(disk, "");
  truncateSync(disk, DISK_BYTES);
  must("mkfs.ext4", ["-q", "-F", disk]);
  const options = {
    accel: process.env.PRATIQUE_QEMU_ACCELERATOR ?? "tcg,thread=multi",
    machine: "q35",
    cpu: "max",
    smp: "2",
    m: String(MEMORY_MIB),
    nic: "none",
    kernel: kernel.image,
    initrd: firstFiles(kernel),
    append: "console=ttyS0 panic=-1 quiet",
    virtfs: "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
    drive: `file=${disk},if=virtio,format=raw,cache=unsafe`,
  };
  const named = Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]);
  const machine = spawn("qemu-system-x86_64", ["-nographic", "-no-reboot", ...named], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: DEADLINE_MS,
  });
  let said = "";
  machine.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    process.stdout.write(text);
  });
  await once(machine, "exit");
  const ends = [...said.matchAll(/^other-kernel: ([a-z-]+) ended with (\d+)/gmu)];
  if (ends.length < tests.length) throw new Error("the machine ended before the tests had");
  return ends.every(([, , code]) => code === "0");
}

function must(command: string, args: readonly string[], cwd = directory): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
