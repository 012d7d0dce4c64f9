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
  command(rules, "test [files...]", "what rules say of events that were recorded", [
    "pratique rules test shop.yaml --on shop.rec",
    "pratique rules test --on quiet-hour.rec --fail-on notice",
  ])
    .requiredOption("--on <recording>", "a file that pratique runtime record has written")
    .option("--fail-on <priority>", "ends with 2 where a rule of this priority, or a more urgent one, speaks")
    .option("--json", "one JSON object a line: what is said, and at the end of each rule how often")
    .action((files, flags) =>
      run(flags, async (context) =>
        (await import("../commands/rules-test.ts")).rulesTest(context, files, flags),
      ),
    );
  command(rules, "list", "the rules in force here: whether each prevents, kills, detects or is off", [
    "sudo pratique rules list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/rules.ts")).rulesList(context, flags)),
    );
}
