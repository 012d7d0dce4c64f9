import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const doctor: CommandGroup = { name: "doctor", add };

function add(program: Command, run: Runner): void {
  command(program, "doctor", "what this host can and cannot do, and how to mend it", ["pratique doctor"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/doctor.ts")).doctor(context, flags)),
    );
}
