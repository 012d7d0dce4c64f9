import type { AgentLogger } from "@pratique/agent";
import type { Context } from "./context.ts";

/** Global flags, for a child that is to see the same host as we do. */
export function flagsForChildren({ settings }: Context): readonly string[] {
  const { config, engine } = settings.flags;
  return [
    `--data=${settings.layout.data}`,
    `--run=${settings.layout.run}`,
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...(engine === undefined ? [] : [`--engine=${engine}`]),
  ];
}

/** One line of JSON an event, on standard error. */
export function jsonLogger({ now }: Context, part: string): AgentLogger {
  const write = (level: string, fields: object, message: string) => {
    process.stderr.write(
      `${JSON.stringify({ time: now().toISOString(), level, part, message, ...fields })}\n`,
    );
  };
  return {
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
  };
}
