import type { KernelAlternative, KernelHook, KernelTest } from "@pratique/rules";
import type { ExecAct, FileName, HostDevice, Measure, SocketName } from "./measure.ts";

/** What the kernel knows of a process's name. */
const MAX_COMM_BYTES = 15;
const SYSCTLS = "/proc/sys/";

/** Measures that together are exactly one way for a rule to match, or why there are none. */
export type Measured =
  | { readonly kind: "exact"; readonly measures: readonly Measure[] }
  | { readonly kind: "none"; readonly reason: string };

/** Puts one way to match into measures that do no more and no less, but for programs, which can be held. */
export function measuresOf(
  hook: KernelHook,
  alternative: KernelAlternative,
  devices: readonly HostDevice[],
): Measured {
  switch (hook) {
    case "exec":
      return exact(programs(alternative.tests, "kill"));
    case "open":
      return opened(alternative, devices);
    case "connect":
      return connected(alternative.tests);
    case "connect-unix":
      return sockets(alternative.tests);
  }
}

/** What has to be held so that no program of this way runs before the engine has decided about it. */
export function heldFor({ tests }: KernelAlternative): readonly Measure[] {
  return programs(tests, "hold");
}

function exact(measures: readonly Measure[]): Measured {
  return { kind: "exact", measures };
}

function none(reason: string): Measured {
  return { kind: "none", reason };
}

/** One test the kernel decides by itself; of several it takes one, and the engine decides the rest. */
function programs(tests: readonly KernelTest[], wanted: ExecAct): readonly Measure[] {
  const ways = tests.map((test) => programsBy(test, tests.length === 1 ? wanted : "hold"));
  const [best] = ways
    .filter((way) => way !== undefined)
    .toSorted((left, right) => breadth(left) - breadth(right));
  return best ?? [{ kind: "every-program", act: "hold" }];
}

/** Names and paths first, since they hold least. */
function breadth(measures: readonly Measure[]): number {
  return measures.some(({ kind }) => kind === "executable") ? 0 : 1;
}

function programsBy(
  { subject, comparison, values, negated }: KernelTest,
  act: ExecAct,
): readonly Measure[] | undefined {
  if (negated) return undefined;
  if (subject === "upper-layer") return [{ kind: "drift", act }];
  if (subject === "memfd" || subject === "mounted") return [{ kind: subject, act }];
  if (subject === "name") {
    if (comparison !== "is") return undefined;
    const names = values.filter((name) => name !== "" && Buffer.byteLength(name) <= MAX_COMM_BYTES);
    return names.map((comm) => ({ kind: "executable", named: { comm }, act }));
  }
  if (subject !== "exe-path" || !values.every((value) => value.startsWith("/"))) return undefined;
  switch (comparison) {
    case "is":
      return values.map((path) => ({ kind: "executable", named: { path }, act }));
    case "below":
      return values.map(withoutLastSlash).flatMap((path): readonly Measure[] => [
        { kind: "executable", named: { path }, act },
        { kind: "executable", named: { prefix: `${path}/` }, act },
      ]);
    case "prefix":
      return values.map((value) => byPrefix(value, act));
    default:
      return undefined;
  }
}

/** The kernel knows directories: of a beginning that is none it holds what lies in the one before. */
function byPrefix(value: string, act: ExecAct): Measure {
  const prefix = value.slice(0, value.lastIndexOf("/") + 1);
  return { kind: "executable", named: { prefix }, act: prefix === value ? act : "hold" };
}

function opened({ tests, reach }: KernelAlternative, devices: readonly HostDevice[]): Measured {
  switch (reach) {
    case "sysctl":
      return sysctls(tests);
    case "device":
      if (tests.some(({ subject, negated }) => subject === "access" && negated)) {
        return none("the kernel refuses devices by how they are opened, not by how they are not");
      }
      return exact(devicesOf(tests, devices));
    default:
      return files(tests);
  }
}

function sysctls(tests: readonly KernelTest[]): Measured {
  const [path, ...more] = tests.filter(({ subject }) => subject === "path");
  const writes = tests.some(({ subject, values, negated }) => {
    return subject === "access" && values[0] === "write" && !negated;
  });
  if (!writes) return none("the kernel refuses to change its switches, not to read them");
  const others = tests.some(({ subject, values, negated }) => {
    return subject === "access" && (values[0] !== "write" || negated);
  });
  if (path === undefined || more.length > 0 || path.negated || path.comparison !== "is" || others) {
    return none("the kernel refuses its switches by their whole names alone");
  }
  return exact(path.values.map((value) => ({ kind: "sysctl", name: value.slice(SYSCTLS.length) })));
}

/** A device is refused by its number, under whatever name it is opened. */
function devicesOf(tests: readonly KernelTest[], devices: readonly HostDevice[]): readonly Measure[] {
  const access = accessOf(tests);
  if (access === "") return [];
  const paths = tests.filter(({ subject }) => subject === "path");
  return devices
    .filter(({ path }) => paths.every((test) => fitsPath(test, path)))
    .map(({ type, major, minor }) => ({ kind: "device", type, major, minor, access }));
}

/** Which ways to open are meant. One that is for reading and writing is either. */
function accessOf(tests: readonly KernelTest[]): string {
  const asked = tests.filter(({ subject }) => subject === "access");
  return ["r", "w"]
    .filter((letter) => asked.every(({ values }) => values[0] === (letter === "r" ? "read" : "write")))
    .join("");
}

function files(tests: readonly KernelTest[]): Measured {
  const [test, ...more] = tests;
  if (test === undefined || more.length > 0 || test.subject !== "path" || test.negated) {
    return none("the kernel refuses files by one name, whether they are read or written");
  }
  const named = test.values.map((value) => fileName(test, value));
  const known = named.filter((name) => name !== undefined);
  if (known.length < named.length) return none("the kernel refuses files by their path, directory or name");
  return exact(known.flat().map((name) => ({ kind: "file", named: name })));
}

function fileName({ comparison }: KernelTest, value: string): readonly FileName[] | undefined {
  switch (comparison) {
    case "is":
      return value.startsWith("/") ? [{ path: value }] : undefined;
    case "below": {
      const path = withoutLastSlash(value);
      return path.startsWith("/") ? [{ path }, { prefix: `${path}/` }] : undefined;
    }
    case "prefix":
      return value.startsWith("/") && value.endsWith("/") ? [{ prefix: value }] : undefined;
    case "basename":
      return [{ basename: value }];
    default:
      return undefined;
  }
}

function connected(tests: readonly KernelTest[]): Measured {
  const [address, ...moreAddresses] = tests.filter(({ subject }) => subject === "address");
  const [port, ...morePorts] = tests.filter(({ subject }) => subject === "port");
  const others = tests.filter(({ subject }) => subject !== "address" && subject !== "port");
  const isPlain = [address, port].every((test) => test === undefined || !test.negated);
  if (address === undefined || !isPlain || moreAddresses.length + morePorts.length + others.length > 0) {
    return none("the kernel refuses single addresses, with or without ports");
  }
  const single = address.values.map(singleAddress);
  const known = single.filter((value) => value !== undefined);
  if (known.length < single.length) return none("the kernel refuses single addresses, and no networks");
  const ports = port === undefined ? [0] : port.values.map(Number);
  return exact(
    known.flatMap((each) => ports.map((number) => ({ kind: "address", address: each, port: number }))),
  );
}

function singleAddress(value: string): string | undefined {
  const [address = "", length] = value.split("/");
  const whole = address.includes(":") ? "128" : "32";
  return length === undefined || length === whole ? address : undefined;
}

function sockets(tests: readonly KernelTest[]): Measured {
  const [test, ...more] = tests;
  if (test === undefined || more.length > 0 || test.negated) {
    return none("the kernel refuses sockets by one name");
  }
  const named = test.values.map((value) => socketName(test, value));
  const known = named.filter((name) => name !== undefined);
  if (known.length < named.length) {
    return none(
      "the kernel refuses sockets by their path, by how it ends, or by the directory of a name without a file",
    );
  }
  return exact(known.map((name) => ({ kind: "socket", named: name })));
}

function socketName({ comparison }: KernelTest, value: string): SocketName | undefined {
  const isAbstract = value.startsWith("@");
  switch (comparison) {
    case "is":
      return isAbstract ? { abstract: value.slice(1) } : { path: value };
    case "suffix":
      return isAbstract ? undefined : { suffix: value };
    case "basename":
      return { suffix: `/${value}` };
    case "prefix":
      return isAbstract && value.endsWith("/") ? { abstract: value.slice(1) } : undefined;
    default:
      return undefined;
  }
}

function fitsPath({ comparison, values, negated }: KernelTest, path: string): boolean {
  return values.some((value) => fitsValue(comparison, value, path)) !== negated;
}

function fitsValue(comparison: KernelTest["comparison"], value: string, path: string): boolean {
  switch (comparison) {
    case "is":
      return path === value;
    case "prefix":
      return path.startsWith(value);
    case "suffix":
      return path.endsWith(value);
    case "below":
      return path === withoutLastSlash(value) || path.startsWith(`${withoutLastSlash(value)}/`);
    case "basename":
      return path.slice(path.lastIndexOf("/") + 1) === value;
    case "network":
      return false;
  }
}

function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
