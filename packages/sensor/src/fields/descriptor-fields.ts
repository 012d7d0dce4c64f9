import type { RuntimeEndpoint } from "@pratique/core";
import { descriptorTypes, type EventDescriptor } from "../events/descriptor-types.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import { baseName } from "../tables/lexical-path.ts";
import { readFile } from "../wire/structures.ts";
import { fileFlags } from "../wire/wire-format.ts";
import {
  absent,
  type FieldRow,
  type FieldTable,
  indexOf,
  numeric,
  one,
  several,
  text,
  truth,
} from "./field-row.ts";

const EINPROGRESS = -115;

type End = (descriptor: EventDescriptor) => RuntimeEndpoint | undefined;
const local: End = (descriptor) => descriptor.local;
const remote: End = (descriptor) => descriptor.remote;
const client: End = (descriptor) => (descriptor.isServer ? descriptor.remote : descriptor.local);
const server: End = (descriptor) => (descriptor.isServer ? descriptor.local : descriptor.remote);

/** `fd.*`. */
export const descriptorFields: FieldTable = {
  "fd.num": numeric(
    "number of the descriptor; -1 where opening failed",
    ({ descriptor }) => descriptor?.number,
  ),
  "fd.type": text("kind of the descriptor: `file`, `ipv4`, `unix`…", ({ descriptor }) =>
    descriptor === undefined ? undefined : descriptorTypes[descriptor.letter],
  ),
  "fd.typechar": text("kind of the descriptor as a letter", ({ descriptor }) => descriptor?.letter),
  "fd.types": {
    ...several("string", "kinds of the descriptors 0 to 2", ({ process }) =>
      standardTypes(process.link.standard),
    ),
    readWith: (argument) => {
      const index = indexOf(argument);
      return index === undefined
        ? undefined
        : ({ process }) => standardTypes(process.link.standard.slice(index, index + 1));
    },
  },
  "fd.name": text(
    "absolute path without following links, or `client->server`",
    ({ descriptor }) => descriptor?.name,
  ),
  "fd.nameraw": text("the path as the process wrote it", ({ descriptor }) => descriptor?.rawName),
  "fd.directory": text("the path up to its last slash", ({ descriptor }) => directoryOf(pathOf(descriptor))),
  "fd.filename": text("the path from its last slash on", ({ descriptor }) => fileOf(pathOf(descriptor))),
  "fd.containername": text("`container.id` and `fd.name` with a colon between", (event) =>
    inContainer(event, event.descriptor?.name),
  ),
  "fd.containerdirectory": text("`container.id` and `fd.directory` with a colon between", (event) =>
    inContainer(event, directoryOf(pathOf(event.descriptor))),
  ),
  "fd.ino": numeric("inode of the file", ({ record }) => readFile(record)?.inode),
  "fd.dev": numeric("device of the file", ({ record }) => readFile(record)?.device),
  "fd.dev.major": numeric("major number of the device", ({ record }) => major(readFile(record)?.device)),
  "fd.dev.minor": numeric("minor number of the device", ({ record }) => minor(readFile(record)?.device)),
  "fd.is_upper_layer": truth("whether the file is not from the image", (event) => fileTruth(event, true)),
  "fd.is_lower_layer": truth("whether the file is from the image", (event) => fileTruth(event, false)),
  "fd.l4proto": text("`tcp`, `udp`, `icmp` or `raw`", ({ descriptor }) => transportOf(descriptor)),
  "fd.sockfamily": text("`ip` or `unix`", ({ descriptor }) => familyOf(descriptor)),
  "fd.is_server": truth("whether the process is what is connected to", ({ descriptor }) =>
    isSocket(descriptor) ? descriptor?.isServer : undefined,
  ),
  "fd.connected": truth("whether the socket is connected, or on its way there", isConnected),
  "fd.name_changed": truth("whether the event gave the descriptor another name", ({ type, descriptor }) =>
    isSocket(descriptor) ? type !== "listen" : undefined,
  ),
  "fd.ip": endsRow("address", "either address", ({ address }) => address),
  "fd.net": endsRow("network", "either address, to compare with networks", ({ address }) => address),
  "fd.port": endsRow("number", "either port", ({ port }) => port),
  "fd.proto": absent("string", "name of the service of either port; not told"),
  ...endFields("c", "of the client", client),
  ...endFields("s", "of the server", server),
  ...endFields("l", "on this host", local),
  ...endFields("r", "of the other side", remote),
};

function endFields(letter: string, whose: string, end: End): FieldTable {
  return {
    [`fd.${letter}ip`]: one(
      "address",
      `address ${whose}`,
      ({ descriptor }) => ipEnd(descriptor, end)?.address,
    ),
    [`fd.${letter}net`]: one(
      "network",
      `address ${whose}, to compare with networks`,
      ({ descriptor }) => ipEnd(descriptor, end)?.address,
    ),
    [`fd.${letter}port`]: numeric(`port ${whose}`, ({ descriptor }) => ipEnd(descriptor, end)?.port),
    [`fd.${letter}proto`]: absent("string", `name of the service of the port ${whose}; not told`),
    [`fd.${letter}ip.name`]: text(`name ${whose} by which the container found its address`, (event) => {
      const address = ipEnd(event.descriptor, end)?.address;
      return address === undefined
        ? undefined
        : event.context.dns.nameOf(event.scope, address, event.record.timeNs);
    }),
  };
}

function ipEnd(descriptor: EventDescriptor | undefined, end: End): RuntimeEndpoint | undefined {
  return descriptor === undefined || descriptor.letter === "u" ? undefined : end(descriptor);
}

function endsRow(
  type: "address" | "network" | "number",
  meaning: string,
  read: (end: RuntimeEndpoint) => string | number,
): FieldRow {
  return several(type, meaning, ({ descriptor }) => {
    if (descriptor === undefined || descriptor.letter === "u") return undefined;
    const ends = [client(descriptor), server(descriptor)].filter((found) => found !== undefined);
    return ends.length === 0 ? undefined : ends.map(read);
  });
}

function isSocket(descriptor: EventDescriptor | undefined): boolean {
  return descriptor !== undefined && "4623u".includes(descriptor.letter);
}

function isConnected({ type, result, descriptor }: SensorEvent): boolean | undefined {
  if (!isSocket(descriptor)) return undefined;
  if (type === "connect") return result === 0 || result === EINPROGRESS;
  return type === "accept" || type === "accept4";
}

function transportOf(descriptor: EventDescriptor | undefined): string | undefined {
  const protocol = descriptor?.protocol;
  return protocol === "unix" || protocol === "other" ? undefined : protocol;
}

function familyOf(descriptor: EventDescriptor | undefined): string | undefined {
  if (descriptor === undefined || !isSocket(descriptor)) return undefined;
  return descriptor.letter === "u" ? "unix" : "ip";
}

/** Only what has a path has a directory: `a:1->b:2` has none. */
function pathOf(descriptor: EventDescriptor | undefined): string | undefined {
  return descriptor !== undefined && "fdu".includes(descriptor.letter) ? descriptor.name : undefined;
}

function inContainer({ tracked }: SensorEvent, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${tracked?.shortId ?? "host"}:${name}`;
}

function directoryOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const slash = path.lastIndexOf("/");
  return slash < 0 ? undefined : slash === 0 ? "/" : path.slice(0, slash);
}

function fileOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : baseName(path);
}

/** Linux packs them into 12 and 20 bits. */
function major(device: number | undefined): number | undefined {
  return device === undefined ? undefined : device >>> 20;
}

function minor(device: number | undefined): number | undefined {
  return device === undefined ? undefined : device & 0xf_ffff;
}

function fileTruth({ record }: SensorEvent, isUpper: boolean): boolean | undefined {
  const file = readFile(record);
  if (file === undefined) return undefined;
  if ((file.fileFlags & fileFlags.overlay) === 0) return false;
  return ((file.fileFlags & fileFlags.upper) !== 0) === isUpper;
}

const letterTypes: ReadonlyMap<string, string> = new Map(Object.entries(descriptorTypes));

function standardTypes(letters: readonly (string | undefined)[]): readonly string[] | undefined {
  const types = letters.map((letter) => letterTypes.get(letter ?? "")).filter((type) => type !== undefined);
  return types.length === 0 ? undefined : types;
}
