import type { Command } from "commander";
import { collect, command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const intel: CommandGroup = { name: "intel", add };

function add(program: Command, run: Runner): void {
  const intel = program.command("intel").description("what is known of attackers' addresses and names");
  command(intel, "update", "reads the feeds again; those that have not changed are not fetched", [
    "pratique intel update --from maltrail:/srv/feeds/maltrail.tar.gz --warning-lists /srv/feeds/misp-warninglists",
    "pratique intel update",
  ])
    .option("--from <feed:location>", "a feed to read besides; may be repeated", collect, [])
    .option("--warning-lists <path>", "MISP's warning lists; may be repeated", collect, [])
    .option("--replace", "leave out feeds that are not named now")
    .option("--accept", "take changes that are held because they are so great")
    .option("--hunt", "show what it finds in the past before it is put in force")
    .option("--dry-run", "the same, and leave the set before in force")
    .option("--json", "the result as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/intel.ts")).intelUpdate(context, flags)),
    );
  command(intel, "status", "each feed with its age, and what was refused of it", [
    "pratique intel status --json",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/intel.ts")).intelStatus(context, flags)),
    );
  command(intel, "hunt", "which containers spoke to what is listed now, and what would have been done", [
    "pratique intel hunt --since 7d",
    "pratique intel hunt --from list:/srv/feeds/new.txt --format json",
  ])
    .option("--since <span>", "look back so far: 24h, 7d; all that was recorded where it is not given")
    .option("--from <feed:location>", "a feed that is not in force; may be repeated", collect, [])
    .option("--warning-lists <path>", "MISP's warning lists, for --from; may be repeated", collect, [])
    .option("--set <path>", "a directory with another set, or the file current in it")
    .option("--all", "what is told and not blocked, too")
    .option("--format <format>", "table or json", "table")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/intel-hunt.ts")).intelHunt(context, flags)),
    );
  command(intel, "lookup <what>", "who lists an address, a name, a URL or a hash", [
    "pratique intel lookup 198.51.100.7",
    "pratique intel lookup --json https://files.example/a.sh",
  ])
    .option("--json", "as JSON")
    .action((what, flags) =>
      run(flags, async (context) =>
        (await import("../commands/intel-lookup.ts")).intelLookup(context, what, flags),
      ),
    );
}
