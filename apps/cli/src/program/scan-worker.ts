import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const scanWorker: CommandGroup = { name: "scan-worker", add };

function add(program: Command, run: Runner): void {
  command(program, "scan-worker", "scans; started by the agent", [], { hidden: true }).action((flags) =>
    run(flags, async (context) => (await import("../commands/scan-worker.ts")).runScanWorker(context)),
  );
}
