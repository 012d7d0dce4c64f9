import type { EventType, FieldCatalog, FieldReader, FieldValue } from "../../packages/core/src/index.ts";
import { knownFields } from "../../packages/rules/src/index.ts";

/** An event as small as the rules allow, of one shape, as a sensor's are. */
export interface BenchEvent {
  readonly type: EventType;
  readonly result: number;
  readonly path: string;
  readonly flags: string;
  readonly isWrite: boolean;
  readonly server: string;
  readonly port: number;
  readonly container: string;
  readonly image: string;
  readonly process: BenchProcess;
}

interface BenchProcess {
  readonly name: string;
  readonly exePath: string;
  readonly args: readonly string[];
  readonly parent: BenchProcess | undefined;
}

type Kind = readonly [EventType, number, (draw: Draw) => Partial<BenchEvent>];

/** What a busy host with containers does, in parts of a hundred. */
const kinds: readonly Kind[] = [
  ["openat", 56, (draw) => ({ path: draw.one(readPaths), flags: "O_RDONLY|O_CLOEXEC", result: 7 })],
  [
    "openat",
    8,
    (draw) => ({ path: draw.one(writtenPaths), flags: "O_WRONLY|O_CREAT|O_TRUNC", isWrite: true, result: 9 }),
  ],
  ["openat", 7, (draw) => ({ path: draw.one(readPaths), flags: "O_RDONLY", result: -2 })],
  [
    "connect",
    8,
    (draw) => ({ server: draw.one(servers), port: draw.one([53, 80, 443, 5432, 6379]), result: -115 }),
  ],
  ["accept4", 6, (draw) => ({ server: draw.one(servers), port: 8080, result: 12 })],
  ["sendto", 4, (draw) => ({ server: draw.one(servers), port: 53, result: 40 })],
  ["recvfrom", 3, (draw) => ({ server: draw.one(servers), port: 53, result: 120 })],
  ["execve", 3, () => ({})],
  ["unlinkat", 2, (draw) => ({ path: draw.one(writtenPaths) })],
  ["renameat2", 1, (draw) => ({ path: draw.one(writtenPaths) })],
  ["mkdirat", 1, (draw) => ({ path: draw.one(writtenPaths) })],
  ["fchmodat", 1, (draw) => ({ path: draw.one(writtenPaths) })],
];

const readPaths = [
  "/etc/ld.so.cache",
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/usr/lib/python3/dist-packages/requests/api.py",
  "/proc/self/status",
  "/etc/resolv.conf",
  "/etc/passwd",
  "/app/templates/index.html",
  "/sys/fs/cgroup/memory.max",
];
const writtenPaths = [
  "/var/log/nginx/access.log",
  "/tmp/session-4711",
  "/var/lib/postgresql/16/base/1",
  "/data/cache/a/b",
];
const servers = ["10.0.3.17", "172.20.0.5", "192.0.2.44", "2001:db8::17"];
const programs = ["nginx", "python3", "postgres", "node", "redis-server", "java", "sh", "curl"];

/** Numbers that look random and are the same each time. */
class Draw {
  #state = 20_260_826;

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  one<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new Error("nothing to draw from");
    return value;
  }
}

/** Events in the proportion in which they happen; of one type where one is named. */
export function benchEvents(count: number, only?: EventType): readonly BenchEvent[] {
  const draw = new Draw();
  const weighed = kinds.flatMap((kind) => Array.from({ length: kind[1] }, () => kind));
  const drawn = only === undefined ? weighed : weighed.filter(([type]) => type === only);
  return Array.from({ length: count }, () => benchEvent(draw.one(drawn), draw));
}

function benchEvent([type, , make]: Kind, draw: Draw): BenchEvent {
  const inContainer = draw.next() < 0.8;
  const process = benchProcess(draw, 4);
  return {
    type,
    result: 0,
    path: "",
    flags: "",
    isWrite: false,
    server: "",
    port: 0,
    container: inContainer ? "3ad7b26ded6d" : "host",
    image: inContainer ? `registry.example/${process.name}` : "",
    process,
    ...make(draw),
  };
}

function benchProcess(draw: Draw, depth: number): BenchProcess {
  const name = draw.one(programs);
  const args = ["--config", `/etc/${name}/${Math.floor(draw.next() * 100)}.conf`, "-v"];
  const parent = depth === 0 ? undefined : benchProcess(draw, depth - 1);
  return { name, exePath: `/usr/bin/${name}`, args, parent };
}

type Read = (event: BenchEvent) => FieldValue | readonly FieldValue[] | undefined;

/** Every field of the language: those that rules ask for most are read out of the event, the others have no value. */
export class BenchCatalog implements FieldCatalog<BenchEvent> {
  reader(name: string, argument: string | undefined): FieldReader<BenchEvent> | undefined {
    const field = knownFields.get(name);
    if (field === undefined) return undefined;
    const read = readWith(name, argument) ?? reads[name] ?? (() => undefined);
    const isList = field.multiplicity !== "one" && argument === undefined;
    return { type: field.type === "any" ? "number" : field.type, isList, read };
  }
}

function readWith(name: string, argument: string | undefined): Read | undefined {
  if (argument === undefined) return undefined;
  if (name === "proc.aname") return (event) => ancestor(event.process, Number(argument))?.name;
  if (name === "evt.arg" && argument === "flags") return (event) => event.flags;
  return () => undefined;
}

const isFile = (event: BenchEvent): boolean => event.path !== "";
const isSocket = (event: BenchEvent): boolean => event.server !== "";

const reads: Readonly<Record<string, Read>> = {
  "evt.type": (event) => event.type,
  "evt.num": () => 1,
  "evt.rawres": (event) => event.result,
  "evt.res": (event) => (event.result < 0 ? "ENOENT" : "SUCCESS"),
  "evt.is_open_read": (event) => isFile(event) && !event.isWrite,
  "evt.is_open_write": (event) => event.isWrite,
  "fd.num": (event) => Math.max(-1, event.result),
  "fd.name": (event) => (isFile(event) ? event.path : `10.0.0.2:40000->${event.server}:${event.port}`),
  "fd.nameraw": (event) => event.path,
  "fd.directory": (event) => (isFile(event) ? event.path.slice(0, event.path.lastIndexOf("/")) : undefined),
  "fd.filename": (event) => (isFile(event) ? event.path.slice(event.path.lastIndexOf("/") + 1) : undefined),
  "fd.typechar": (event) => (isFile(event) ? "f" : "4"),
  "fd.l4proto": (event) => (isSocket(event) ? "tcp" : undefined),
  "fd.ip": (event) => (isSocket(event) ? ["10.0.0.2", event.server] : undefined),
  "fd.net": (event) => (isSocket(event) ? ["10.0.0.2", event.server] : undefined),
  "fd.sip": (event) => (isSocket(event) ? event.server : undefined),
  "fd.snet": (event) => (isSocket(event) ? event.server : undefined),
  "fd.sport": (event) => (isSocket(event) ? event.port : undefined),
  "fd.connected": (event) => (isSocket(event) ? true : undefined),
  "container.id": (event) => event.container,
  "container.image.repository": (event) => (event.image === "" ? undefined : event.image),
  "proc.name": (event) => event.process.name,
  "proc.exe": (event) => event.process.name,
  "proc.exepath": (event) => event.process.exePath,
  "proc.args": (event) => event.process.args.join(" "),
  "proc.cmdline": (event) => `${event.process.name} ${event.process.args.join(" ")}`,
  "proc.pname": (event) => event.process.parent?.name,
  "proc.pcmdline": (event) =>
    event.process.parent && `${event.process.parent.name} ${event.process.parent.args.join(" ")}`,
  "proc.aname": (event) => names(event.process.parent),
  "proc.tty": () => 0,
  "proc.vpid": () => 17,
  "proc.is_exe_upper_layer": () => false,
  "proc.is_exe_from_memfd": () => false,
  "proc.duration": () => 9_000_000_000,
  "user.name": () => "root",
  "user.uid": () => 0,
};

function ancestor(process: BenchProcess, generations: number): BenchProcess | undefined {
  let found: BenchProcess | undefined = process;
  for (let left = generations; left > 0; left -= 1) found = found?.parent;
  return found;
}

function names(process: BenchProcess | undefined): readonly string[] {
  const found: string[] = [];
  for (let at = process; at !== undefined; at = at.parent) found.push(at.name);
  return found;
}
