import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Imports an image: a static busybox with the records of a Debian 12 that has these packages, and files besides. */
export function importDebian(
  host: string,
  reference: string,
  packages: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): string {
  const root = mkdtempSync(path.join(tmpdir(), "prq-root-"));
  try {
    for (const name of ["bin", "etc", "tmp", "var/lib/dpkg"])
      mkdirSync(path.join(root, name), { recursive: true });
    copyFileSync("/usr/bin/busybox", path.join(root, "bin/busybox"));
    for (const name of ["sh", "echo", "sleep", "true", "touch"])
      symlinkSync("busybox", path.join(root, "bin", name));
    writeFileSync(
      path.join(root, "etc/os-release"),
      'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
    );
    writeFileSync(path.join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
    const stanzas = Object.entries({ "base-files": "12.4+deb12u5", ...packages }).map(stanza);
    writeFileSync(path.join(root, "var/lib/dpkg/status"), stanzas.join("\n"));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    const archive = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 * 1024 * 1024 });
    const imported = spawnSync("docker", ["-H", host, "import", "-", reference], {
      input: archive.stdout,
      encoding: "utf8",
    });
    if (imported.status !== 0) throw new Error(`docker import failed: ${imported.stderr}`);
    return imported.stdout.trim();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function stanza([name, version]: readonly [string, string]): string {
  const lines = [
    `Package: ${name}`,
    "Status: install ok installed",
    "Architecture: amd64",
    `Version: ${version}`,
    "Maintainer: Debian <debian@lists.debian.org>",
    "",
  ];
  return lines.join("\n");
}

/** Open to Looney Tunables (CVE-2023-4911), which is known to be exploited; and not. */
export const vulnerable = { glibc: "2.36-9+deb12u1" } as const;
export const repaired = { glibc: "2.36-9+deb12u9" } as const;
