import type { Command } from "commander";
import { command, withParent } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const agent: CommandGroup = { name: "agent", add };

function add(program: Command, run: Runner): void {
  const agent = command(program, "agent", "the agent alone", ["sudo pratique agent"])
    .option("--own-engine", "the engine was started with the gate by us")
    .option("--json", "says as JSON that it runs")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/agent.ts")).runAgent(context, flags)),
    );
  command(agent, "join <url>", "joins a server: this host gets a certificate for a key of its own", [
    "sudo pratique agent join https://server.example:8444 --token prqj_…",
  ])
    .requiredOption("--token <text>", "as pratique server join-token prints it; - reads standard input")
    .option("--ca-fingerprint <sha256>", "of the server's authority, where the token has none")
    .option("--force", "replaces the identity that this host has")
    .option("--json", "as JSON")
    .action((url, flags) =>
      run(flags, async (context) =>
        (await import("../commands/agent-join.ts")).agentJoin(context, url, flags),
      ),
    );
  command(agent, "status", "how this host stands with its server", ["sudo pratique agent status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/agent-status.ts")).agentStatus(context, flags),
      ),
    );
}
