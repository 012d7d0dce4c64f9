import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const rules: CommandGroup = { name: "rules", add };

function add(program: Command, run: Runner): void {
  const rules = program.command("rules").description("what is detected in running containers");
  command(
    rules,
    "check <files...>",
    "what is wrong with files of Falco rules, and what this host cannot see",
    ["pratique rules check /etc/falco/falco_rules.yaml --json"],
  )
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) => (await import("../commands/rules.ts")).rulesCheck(context, files, flags)),
    );
  command(rules, "list", "the rules in force here: whether each prevents, kills, detects or is off", [
    "sudo pratique rules list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/rules.ts")).rulesList(context, flags)),
    );
}
