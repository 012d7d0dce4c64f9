import type { LaunchPort } from "@pratique/core";
import { GateError } from "../errors.ts";
import { type Fields, objectIn, objectsIn, textIn } from "../json-fields.ts";

const MAX_PORTS = 4096;
const RANGE = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?$/u;

/** The ports of `PortBindings`; a range of host ports stands for each port in it, since any may be taken. */
export function readPorts(hostConfig: Fields): readonly LaunchPort[] {
  const bindings = objectIn(hostConfig, "PortBindings");
  const ports: LaunchPort[] = [];
  for (const exposed of Object.keys(bindings)) {
    const [containerPort = "", protocol = "tcp"] = exposed.split("/");
    for (const binding of objectsIn(bindings, exposed)) {
      for (const hostPort of hostPorts(textIn(binding, "HostPort"))) {
        ports.push({
          hostIp: textIn(binding, "HostIp"),
          hostPort,
          containerPort: Number.parseInt(containerPort, 10) || 0,
          protocol,
        });
        if (ports.length > MAX_PORTS) throw new GateError("LIMIT_REACHED", `more than ${MAX_PORTS} ports`);
      }
    }
  }
  return ports;
}

/** An empty text asks for any free port, and gives 0. */
function hostPorts(text: string): readonly number[] {
  if (text === "") return [0];
  const groups = RANGE.exec(text)?.groups;
  const first = Number(groups?.first);
  const last = Number(groups?.last ?? first);
  if (groups === undefined || last < first || last > 65_535) {
    throw new GateError(
      "LAUNCH_UNREADABLE",
      `expected a host port, found ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  if (last - first > MAX_PORTS) throw new GateError("LIMIT_REACHED", `more than ${MAX_PORTS} ports`);
  return Array.from({ length: last - first + 1 }, (_unused, index) => first + index);
}
