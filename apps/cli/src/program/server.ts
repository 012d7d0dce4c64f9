import type { Command } from "commander";
import { collect, command, listen, listenAgents, withParent } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const server: CommandGroup = { name: "server", add };

function add(program: Command, run: Runner): void {
  const server = command(program, "server", "the server alone", ["pratique server"])
    .addOption(listen())
    .addOption(listenAgents())
    .option("--json", "says as JSON where it listens")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/server.ts")).runServer(context, flags)),
    );
  command(server, "link", "a new link that signs in to the console, once", ["sudo pratique server link"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/server-link.ts")).serverLink(context, flags)),
    );
  command(server, "join-token", "a token with which one host can join, once", [
    "sudo pratique server join-token --host web-1 --label env=production",
  ])
    .option("--host <name>", "the only name that the host may have")
    .option("--label <key=value>", "a label that the host gets; may be repeated", collect, [])
    .option("--minutes <number>", "for how long it is good (default 60)")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/server-join-token.ts")).serverJoinToken(context, flags),
      ),
    );
  command(server, "openapi", "the API as an OpenAPI 3.1 document, without a server", [
    "pratique server openapi",
  ])
    .option("--json", "as JSON, which the document always is")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/server-open-api.ts")).serverOpenApi(context)),
    );
  addBackups(server, run);
  addKeys(server, run);
}

function addBackups(server: Command, run: Runner): void {
  command(server, "backup", "saves all that the server remembers, while it works", [
    "sudo pratique server backup --output /srv/backups/pratique",
  ])
    .requiredOption("--output <file>", "where to; a file that is there is replaced")
    .option("--no-seal", "so that it can be read without the key")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/backup.ts")).serverBackup(context, flags)),
    );
  command(server, "restore <file>", "reads a backup into a server that has remembered nothing yet", [
    "sudo pratique server restore /srv/backups/pratique",
  ])
    .option("--json", "as JSON")
    .action((file, flags) =>
      run(flags, async (context) =>
        (await import("../commands/restore.ts")).serverRestore(context, file, flags),
      ),
    );
}

function addKeys(server: Command, run: Runner): void {
  const keys = server.command("keys").description("the keys of what is sealed");
  command(keys, "status", "which keys there are, and what wraps them", ["sudo pratique server keys status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/keys.ts")).keysStatus(context, flags)),
    );
  command(keys, "rotate", "new keys; may be stopped, and goes on when it is run again", [
    "sudo pratique server keys rotate --plan",
    "sudo pratique server keys rotate --kek",
  ])
    .option("--kek", "a new outermost key instead of new data keys")
    .option("--plan", "says what would be done, and changes nothing")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/keys.ts")).keysRotate(context, flags)),
    );
  command(keys, "rotate-authority", "another authority for the certificates of hosts", [
    "sudo pratique server keys rotate-authority",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/rotate-authority.ts")).rotateAuthority(context, flags),
      ),
    );
}
