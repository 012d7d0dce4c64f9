import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const gateProcess: CommandGroup = { name: "gate-process", add };

function add(program: Command, run: Runner): void {
  command(program, "gate-process", "answers the engine; started by the agent", [], { hidden: true }).action(
    (flags) => run(flags, async (context) => (await import("../commands/gate-process.ts")).runGate(context)),
  );
}
