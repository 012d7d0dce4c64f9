import { redactCommandLine } from "@pratique/core";
import { errorName, type SensorEvent } from "@pratique/sensor";

/** An event for people and for files. Arguments that look like secrets are left out. */
export function eventJson(event: SensorEvent): object {
  const { process, container, path, resolvedPath, protocol, local, remote } = event;
  return {
    number: event.number,
    time: new Date(event.time).toISOString(),
    type: event.type,
    container:
      container === undefined ? null : { id: container.id, name: container.name, image: container.image },
    process: {
      pid: process.pid,
      ppid: process.parent?.pid ?? 0,
      name: process.name,
      exePath: process.exePath,
      commandLine: redactCommandLine(process.exe || process.name, process.args),
      uid: process.uid,
    },
    ...(event.result !== undefined && { result: event.result }),
    // Not `error`: a line with that says that the agent does not answer.
    ...(event.result !== undefined && event.result < 0 && { errorName: errorName(event.result) }),
    ...(path !== undefined && { path }),
    ...(resolvedPath !== undefined && resolvedPath !== path && { resolvedPath }),
    ...(protocol !== undefined && { protocol }),
    ...(local !== undefined && { local }),
    ...(remote !== undefined && { remote }),
    ...(!isExecution(event) && { arguments: event.arguments }),
  };
}

/** Its arguments are the command line, and its environment. */
function isExecution({ type }: SensorEvent): boolean {
  return type === "execve" || type === "execveat" || type.startsWith("clone") || type.endsWith("fork");
}
