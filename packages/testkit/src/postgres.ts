import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private PostgreSQL server, reachable by a Unix socket only. It ends with the process that started it. */
export interface PostgresCluster {
  /** Where its socket lies: the `host` of its URLs. */
  readonly directory: string;
  /** Makes a database and gives its URL: an empty one, or a copy of one that nobody is connected to. */
  createDatabase(original?: string): Promise<string>;
  /** Runs SQL in the maintenance database. */
  execute(sql: string): void;
  /** Ends the server as a crash would, without letting it write anything, and starts it anew. */
  crash(): Promise<void>;
  /** Ends the server and leaves its data. */
  stop(): Promise<void>;
  /** Starts it again after {@link stop}. */
  start(): Promise<void>;
  /** Makes another one that follows it, by streaming replication. */
  startStandby(): Promise<PostgresCluster>;
  /** Makes a primary of a standby. */
  promote(): void;
  /** Ends the server and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PostgresClusterOptions {
  /** Whether what was committed survives a power cut: slower, and only of use to tests of just that. */
  readonly fsync?: boolean;
}

/**
 * What runs the server, once its data are made. It ends when its standard input does, even where the process that
 * held the other end was killed; and unless it was told to keep them, it removes the data.
 */
const SUPERVISOR = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c "fsync=$3" -c max_connections=60 -c log_min_messages=panic &
server=$!
read -r order
kill -QUIT "$server"
wait "$server"
cd /
[ "$order" = keep ] || rm -rf "$2"
`;

/** Says why no cluster can be started here; undefined where one can. */
export function postgresUnavailable(): string | undefined {
  if (binaries() === undefined)
    return "(skipped: PostgreSQL is not installed: sh scripts/setup.sh --for-tests)";
  if (process.getuid?.() === 0 && account() === undefined) {
    return "(skipped: PostgreSQL refuses to run as root, and there is no account postgres)";
  }
  return undefined;
}

/** Makes and starts a cluster. Throws where {@link postgresUnavailable} says why. */
export async function startPostgres({
  fsync = false,
}: PostgresClusterOptions = {}): Promise<PostgresCluster> {
  const bin = binaries();
  if (bin === undefined) throw new Error("PostgreSQL is not installed");
  const user = process.getuid?.() === 0 ? account() : undefined;
  const made = makeDirectory(user);
  const options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"];
  runAs(made, join(bin, "initdb"), ["-D", join(made.directory, "data"), ...options]);
  return await startCluster(made, { bin, user, fsync });
}

type Account = { readonly uid: number; readonly gid: number };

/** A directory of a cluster, and what its programs are run with. */
interface Made {
  readonly directory: string;
  readonly as: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly uid?: number;
    readonly gid?: number;
  };
}

function makeDirectory(user: Account | undefined): Made {
  const directory = mkdtempSync(join(tmpdir(), "pratique-postgres-"));
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  chmodSync(directory, 0o700);
  return { directory, as: { ...user, cwd: directory, env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" } } };
}

function runAs({ as }: Made, program: string, args: readonly string[]): void {
  execFileSync(program, args, { ...as, stdio: ["ignore", "ignore", "pipe"] });
}

interface ClusterParts {
  readonly bin: string;
  readonly user: Account | undefined;
  readonly fsync: boolean;
}

/** Starts the server whose data lie in a directory. */
async function startCluster(made: Made, parts: ClusterParts): Promise<PostgresCluster> {
  const { bin, user, fsync } = parts;
  const { directory, as } = made;
  let supervisor: ChildProcess | undefined;
  const start = async () => {
    supervisor = spawn("sh", ["-c", SUPERVISOR, "sh", bin, directory, fsync ? "on" : "off"], {
      ...as,
      stdio: ["pipe", "ignore", "inherit"],
    });
    await answering(bin, directory);
  };
  const end = async (order: string) => {
    if (supervisor === undefined) return;
    const ended = once(supervisor, "close");
    supervisor.stdin?.end(order);
    await ended;
    supervisor = undefined;
  };
  const stop = () => end("keep\n");
  const execute = (sql: string) => {
    const database = ["-h", directory, "-U", "postgres", "-d", "postgres"];
    runAs(made, join(bin, "psql"), [...database, "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql]);
  };
  await start();
  return {
    directory,
    execute,
    start,
    stop,
    createDatabase: async (original) => {
      const name = `test_${randomUUID().replaceAll("-", "")}`;
      const template = original === undefined ? "template1" : new URL(original).pathname.slice(1);
      execute(`create database ${name} template ${template}`);
      return `postgres://postgres@localhost/${name}?host=${encodeURIComponent(directory)}`;
    },
    startStandby: async () => {
      const copy = makeDirectory(user);
      const from = ["-h", directory, "-U", "postgres", "-c", "fast", "--no-sync"];
      runAs(copy, join(bin, "pg_basebackup"), ["-D", join(copy.directory, "data"), "-R", ...from]);
      return await startCluster(copy, parts);
    },
    promote: () => runAs(made, join(bin, "pg_ctl"), ["-s", "-w", "-D", join(directory, "data"), "promote"]),
    crash: async () => {
      await stop();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await end("");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

let shared: Promise<PostgresCluster> | undefined;

/** The cluster of this test process: made when it is first asked for, and gone with the process. */
export function sharedPostgres(): Promise<PostgresCluster> {
  shared ??= startPostgres();
  return shared;
}

/** The directory with the programs of the newest version that is installed. */
function binaries(): string | undefined {
  const versions = globSync("/usr/lib/postgresql/*/bin").filter((path) => existsSync(join(path, "initdb")));
  return versions.sort((left, right) => versionOf(left) - versionOf(right)).at(-1);
}

function versionOf(path: string): number {
  return Number(/postgresql\/(?<version>\d+)/u.exec(path)?.groups?.version ?? 0);
}

/** Who runs the server where we are root. */
function account(): Account | undefined {
  const line = /^postgres:[^:]*:(?<uid>\d+):(?<gid>\d+):/mu.exec(readFileSync("/etc/passwd", "utf8"))?.groups;
  return line === undefined ? undefined : { uid: Number(line.uid), gid: Number(line.gid) };
}

const MAX_WAITS = 300;

async function answering(bin: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_WAITS; attempt += 1) {
    const probe = spawn(join(bin, "pg_isready"), ["-q", "-h", directory], { stdio: "ignore" });
    const [code] = await once(probe, "close");
    if (code === 0) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error("the private PostgreSQL does not answer");
}
