import type { Command } from "commander";
import { collect, command, JUDGED_SCANNERS, scannerFlags } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const policy: CommandGroup = { name: "policy", add };

function add(program: Command, run: Runner): void {
  const policy = program.command("policy").description("the rules that images and launches are held to");
  command(policy, "lint [files...]", "names everything that is wrong with policies", [
    "pratique policy lint team.yaml",
  ])
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) =>
        (await import("../commands/policy.ts")).policyLint(context, files, flags),
      ),
    );
  command(policy, "built-in", "the policies that hold where you have none, to be kept beside your own", [
    "pratique policy built-in",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/policy.ts")).policyBuiltIn(context, flags)),
    );
  command(policy, "test <files...>", "runs the tests among the files against the policies among them", [
    "pratique policy test team.yaml team.test.yaml",
  ])
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) =>
        (await import("../commands/policy.ts")).policyTest(context, files, flags),
      ),
    );
  scannerFlags(
    command(policy, "explain <image>", "what each rule says of an image, and what it looked at", [
      "pratique policy explain nginx:1.27",
    ]),
  )
    .option("--policy <file>", "these policies instead of the host's; may be repeated", collect, [])
    .option("--scanners <list>", JUDGED_SCANNERS)
    .option("--json", "as JSON")
    .action((image, flags) =>
      run(flags, async (context) =>
        (await import("../commands/policy.ts")).policyExplain(context, image, flags),
      ),
    );
  command(policy, "replay", "computes every recorded verdict again, and compares", ["pratique policy replay"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/policy-replay.ts")).policyReplay(context, flags),
      ),
    );
  addException(policy, run);
}

function addException(policy: Command, run: Runner): void {
  const exception = policy.command("exception").description("what may pass for a while all the same");
  command(exception, "grant", "lets something pass that a rule refuses", [
    "pratique policy exception grant --rule no-root --image 'shop:*' --reason 'until the port is moved' --owner ann --expires 7d",
  ])
    .requiredOption("--rule <rule>", "POLICY/RULE or RULE; may be repeated", collect, [])
    .option("--image <pattern>", "images by name, with *; may be repeated", collect, [])
    .option("--digest <digest>", "exactly this content; may be repeated", collect, [])
    .option("--vulnerability <id>", "only for these; may be repeated", collect, [])
    .option("--secret <fingerprint>", "only for these secrets; may be repeated", collect, [])
    .option("--license <id>", "only for these licenses; may be repeated", collect, [])
    .option("--host <pattern>", "hosts by name, with *; may be repeated", collect, [])
    .requiredOption("--reason <text>", "why")
    .requiredOption("--owner <name>", "who answers for it")
    .requiredOption("--expires <when>", "12h, 7d, 2w, or a date")
    .option("--json", "the exception as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/policy.ts")).exceptionGrant(context, flags)),
    );
  command(exception, "list", "the exceptions of this host", ["pratique policy exception list"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/policy.ts")).exceptionList(context, flags)),
    );
  command(exception, "revoke <id>", "ends an exception", ["pratique policy exception revoke ex-m3k9x2"])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("../commands/policy.ts")).exceptionRevoke(context, id, flags),
      ),
    );
}
