import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const registryScanner: CommandGroup = { name: "registry-scanner", add };

function add(program: Command, run: Runner): void {
  command(program, "registry-scanner", "reads registries; started by the server", [], {
    hidden: true,
  }).action((flags) =>
    run(flags, async (context) =>
      (await import("../commands/registry-scanner.ts")).runRegistryScanner(context),
    ),
  );
}
