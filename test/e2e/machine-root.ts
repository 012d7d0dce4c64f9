import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { PrivateEngine } from "./private-engine.ts";

const APPLETS = [
  "cat",
  "chmod",
  "chown",
  "dirname",
  "env",
  "id",
  "ls",
  "mkdir",
  "readlink",
  "rm",
  "sh",
  "touch",
];
const POSTGRES_UID = 999;

export interface MachineRoot {
  /** Programs of this machine, by their paths; each comes with the libraries that it needs. */
  readonly programs: readonly string[];
  /** Lines of `/etc/passwd` besides root's. */
  readonly passwd: readonly string[];
}

/** Makes a root with busybox and some programs of this machine. */
export function makeMachineRoot(root: string, { programs, passwd }: MachineRoot): void {
  for (const name of ["bin", "etc", "tmp", "usr/bin", "var", "run", "proc", "sys", "dev"]) {
    mkdirSync(path.join(root, name), { recursive: true });
  }
  chmodSync(path.join(root, "tmp"), 0o1777);
  writeFileSync(path.join(root, "etc/passwd"), ["root:x:0:0:root:/:/bin/sh", ...passwd, ""].join("\n"));
  writeFileSync(path.join(root, "etc/group"), groupsOf(passwd));
  writeFileSync(path.join(root, "etc/hosts"), "127.0.0.1 localhost\n");
  writeFileSync(path.join(root, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n");
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((file) => existsSync(file)) ?? "";
  cpSync(busybox, path.join(root, "bin/busybox"));
  for (const name of APPLETS) symlinkSync("busybox", path.join(root, "bin", name));
  for (const program of programs) copyProgram(program, root);
}

/**
 * An image of this machine's PostgreSQL that takes the settings and the files which the image of that project takes.
 * Its entry begins as root and reads the password, as there.
 */
export async function postgresImage(engine: PrivateEngine, root: string, reference: string): Promise<void> {
  const initdb = globSync("/usr/lib/postgresql/*/bin/initdb").sort().at(-1) ?? "";
  const bin = path.dirname(initdb);
  const version = path.basename(path.dirname(bin));
  const programs = ["initdb", "pg_isready", "postgres"].map((name) => path.join(bin, name));
  const account = `postgres:x:${POSTGRES_UID}:${POSTGRES_UID}::/:/bin/sh`;
  makeMachineRoot(root, { programs: [...programs, "/usr/bin/setpriv"], passwd: [account] });
  const library = path.join("/usr/lib/postgresql", version, "lib");
  cpSync(library, path.join(root, library), {
    recursive: true,
    filter: (file) => !/bitcode|llvm/u.test(file),
  });
  const share = path.join("/usr/share/postgresql", version);
  cpSync(share, path.join(root, share), { recursive: true, dereference: true });
  for (const zone of ["UTC", "GMT", "Etc/UTC"]) copyTo(root, path.join("/usr/share/zoneinfo", zone));
  mkdirSync(path.join(root, "var/run/postgresql"), { recursive: true });
  chmodSync(path.join(root, "var/run/postgresql"), 0o1777);
  writeFileSync(path.join(root, "entry"), POSTGRES_ENTRY, { mode: 0o755 });
  await engine.imageFromRoot(root, reference, [
    'ENTRYPOINT ["/entry"]',
    `ENV PATH=${bin}:/usr/bin:/bin PGDATA=/var/lib/postgresql/data LC_ALL=C`,
    "VOLUME /var/lib/postgresql/data",
  ]);
}

const POSTGRES_ENTRY = `#!/bin/sh
set -eu
if [ "$(id -u)" = 0 ]; then
  POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export POSTGRES_PASSWORD
  mkdir -p "$PGDATA"
  chown ${POSTGRES_UID}:${POSTGRES_UID} "$PGDATA"
  exec /usr/bin/setpriv --reuid=${POSTGRES_UID} --regid=${POSTGRES_UID} --clear-groups /entry "$@"
fi
if ! [ -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password -E UTF8 --no-sync --auth-local=trust --auth-host=scram-sha-256
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" "$@"
`;

/** Copies a program to its own place in a root, with the libraries that it needs. */
function copyProgram(program: string, root: string): void {
  copyTo(root, program);
  copyLibraries(program, root);
}

/** Copies the libraries of this machine that a program needs. */
export function copyLibraries(program: string, root: string): void {
  const needed = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+\.so\S*/gu) ?? [];
  for (const library of needed) copyTo(root, library);
}

function copyTo(root: string, file: string): void {
  const target = path.join(root, file);
  if (existsSync(target)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(realpathSync(file), target);
}

function groupsOf(passwd: readonly string[]): string {
  const groups = passwd.map((line) => line.split(":")).map(([name, , , gid]) => `${name}:x:${gid}:`);
  return ["root:x:0:", ...groups, ""].join("\n");
}
