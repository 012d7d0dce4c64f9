import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const selftest: CommandGroup = { name: "selftest", add };

function add(program: Command, run: Runner): void {
  command(program, "selftest", "tries harmless attacks on this host, and tells what stopped each", [
    "sudo pratique selftest",
    "sudo pratique selftest --only core-pattern,engine-socket",
  ])
    .option("--only <list>", "these attacks, separated by commas; all by default")
    .option("--host", "also those on the host itself, outside of containers")
    .option("--list", "names the attacks, and tries none")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/selftest.ts")).selftest(context, flags)),
    );
}
