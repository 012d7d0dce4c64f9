import type { Command } from "commander";
import { command, withParent } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const worker: CommandGroup = { name: "worker", add };

function add(program: Command, run: Runner): void {
  command(
    program,
    "worker",
    "scans registries for servers that share a database; on as many hosts as you like",
    ["pratique worker --config worker.yaml"],
  )
    .option("--json", "says as JSON that it runs")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/worker.ts")).runWorker(context, flags)),
    );
}
