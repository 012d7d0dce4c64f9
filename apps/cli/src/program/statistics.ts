import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const statistics: CommandGroup = { name: "statistics", add };

function add(program: Command, run: Runner): void {
  command(
    program,
    "statistics",
    "how many images have high and medium findings, by what they have in common",
    ["sudo pratique statistics", "sudo pratique statistics --json", "sudo pratique statistics --rows images"],
  )
    .option("--days <number>", "how far back the days go; up to 366", "30")
    .option("--rows <list>", "images or states: the rows that the numbers rest on, as lines of JSON")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/statistics.ts")).statistics(context, flags)),
    );
}
