import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const gate: CommandGroup = { name: "gate", add };

function add(program: Command, run: Runner): void {
  const gate = program.command("gate").description("the door of the Docker Engine");
  command(gate, "install", "makes the engine ask before each launch; a live reload, with a backup", [
    "sudo pratique gate install",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/gate.ts")).gateInstall(context, flags)),
    );
  command(gate, "uninstall", "makes the engine stop asking", ["sudo pratique gate uninstall"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/gate.ts")).gateUninstall(context, flags)),
    );
  command(gate, "status", "whether it answers, what it decided, how fast", ["pratique gate status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/gate.ts")).gateStatus(context, flags)),
    );
}
