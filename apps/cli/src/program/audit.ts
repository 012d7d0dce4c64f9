import type { Command } from "commander";
import { command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const audit: CommandGroup = { name: "audit", add };

function add(program: Command, run: Runner): void {
  const audit = program.command("audit").description("the record of what was decided");
  command(audit, "verify [log] [options...]", "finds any change, removal or reorder", [
    "pratique audit verify",
    "pratique audit verify https://127.0.0.1:8443/audit/v1 --token @token --key @log.vkey",
  ])
    .addHelpText(
      "after",
      "\nWithout LOG it is the record of this host. For other logs see pratique-audit --help.",
    )
    .allowUnknownOption()
    .option("--log <directory>", "another log than this host's")
    .option("--public-key <key>", "the key to trust, base64")
    .option("--known-head <head>", "LOG:RECORDS:HASH as an earlier verify printed it")
    .option("--json", "as JSON")
    .action((log, options, flags) =>
      run(flags, async (context) =>
        log === undefined && options.length === 0
          ? (await import("../commands/audit.ts")).auditVerify(context, flags)
          : (await import("../commands/audit-log.ts")).auditLog(context, "verify", [log, ...options], flags),
      ),
    );
  for (const [name, description, example] of auditCommands) {
    command(audit, `${name} [options...]`, description, [example])
      .option("--json", "as JSON")
      .allowUnknownOption()
      .action((options, flags) =>
        run(flags, async (context) =>
          (await import("../commands/audit-log.ts")).auditLog(context, name, options, flags),
        ),
      );
  }
}

/** What `pratique-audit` can do besides: the same code, which takes its own options. */
const auditCommands = [
  [
    "prove",
    "proves one entry of a server's log, or checks such a proof; see pratique-audit --help",
    "pratique audit prove https://127.0.0.1:8443/audit/v1 17 --token @token --ca server.pem",
  ],
  [
    "export",
    "writes the entries of a server's log, and verifies it; see pratique-audit --help",
    "pratique audit export https://127.0.0.1:8443/audit/v1 --token @token --key @log.vkey",
  ],
  [
    "witness",
    "cosigns what it has seen of logs; see pratique-audit --help",
    "pratique audit witness --name witness.example --key w.pem --state w.json --log @log.vkey",
  ],
] as const;
