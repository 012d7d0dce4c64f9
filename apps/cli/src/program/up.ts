import type { Command } from "commander";
import { command, listen, listenAgents } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const up: CommandGroup = { name: "up", add };

function add(program: Command, run: Runner): void {
  command(program, "up", "server, console, agent and gate on this host", ["sudo pratique up"])
    .addOption(listen())
    .addOption(listenAgents())
    .option("--private-engine", "start an engine of our own even where another one runs")
    .option("--json", "says as JSON what runs, and where to sign in")
    .action((flags) => run(flags, async (context) => (await import("../commands/up.ts")).up(context, flags)));
}
