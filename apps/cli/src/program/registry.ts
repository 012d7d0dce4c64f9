import type { Command } from "commander";
import { collect, command, IGNORED_LICENSES, registryFlags, SCANNERS } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const registry: CommandGroup = { name: "registry", add };

function add(program: Command, run: Runner): void {
  const registry = program.command("registry").description("scan whole registries");
  registryRunFlags(
    command(
      registry,
      "scan <registry>",
      "all images of a registry, a namespace or a repository; goes on where it was cut off",
      [
        "pratique registry scan registry.example:5000",
        "pratique registry scan --newest 3 --exclude-tag '*-rc*' docker.io/acme",
        "pratique registry scan --kind harbor --include 'shop/*' --reports reports harbor.example",
        "pratique registry scan --scanners vuln,secret,license registry.example:5000",
      ],
    ),
  )
    .option("--restart", "begins anew also where the scan before was cut off")
    .option("--retry-failed", "tries again only what could not be scanned")
    .option("--fail-on <severity>", "exit with 2 at findings of this severity or worse")
    .option("--output <file>", "where the result goes")
    .option("--json", "the result as JSON")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-scan.ts")).registryScan(context, target, flags),
      ),
    );
  registryRunFlags(
    command(registry, "watch <registry>", "the same again and again, and each image when it is pushed", [
      "pratique registry watch --every 12h registry.example:5000",
      "pratique registry watch --kind harbor --listen-pushes 127.0.0.1:9095 --secret-file secret harbor.example/shop",
    ]),
  )
    .option("--every <time>", "all of it, as often as this; 24h")
    .option("--listen-pushes <address:port>", "where the registry tells of pushes, by HTTP")
    .option("--secret-file <file>", "holds what the registry has to prove itself with")
    .option("--json", "as JSON, one line for each scan and each pushed image")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-watch.ts")).registryWatch(context, target, flags),
      ),
    );
  command(registry, "list", "the scans of registries on this host and of its server, and how far they came", [
    "pratique registry list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-queue.ts")).registryList(context, flags),
      ),
    );
  command(
    registry,
    "queue [registry]",
    "the images that wait or could not be scanned, and what to do about them",
    ["pratique registry queue registry.example:5000"],
  )
    .option("--json", "as JSON")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-queue.ts")).registryQueue(context, target, flags),
      ),
    );
  addServerRegistries(registry, run);
}

/** The registries that the server of this host scans. */
function addServerRegistries(registry: Command, run: Runner): void {
  registryFilterFlags(
    command(registry, "add <id> <registry>", "has the server scan a registry; again for a change", [
      "pratique registry add main registry.example:5000 --every 12h",
      "pratique registry add shop harbor.example/shop --kind harbor --username robot --password-file password",
    ]),
  )
    .option("--name <text>", "what people know it by")
    .option("--every <time>", "lists it as often as this; 24h; never for only when it is told to")
    .option("--max-images <count>", "lists no more than these; 20000")
    .option("--scanners <list>", `${SCANNERS}; what policies look at is looked for in any case`)
    .option("--insecure", "may be reached without TLS")
    .option("--username <name>", "for the registry")
    .option("--password-file <file>", "holds the password")
    .option("--token-file <file>", "holds a token for the registry instead")
    .option("--docker-credentials", "signs in as docker login of the server and its workers does")
    .option(
      "--secret-file <file>",
      "holds what the registry has to prove itself with when it tells of pushes",
    )
    .option("--json", "as JSON")
    .action((id, target, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-server.ts")).registryAdd(context, { id, target }, flags),
      ),
    );
  command(registry, "show <id>", "a registry of the server, what failed in it and what to do about it", [
    "pratique registry show main",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-server.ts")).registryShow(context, id, flags),
      ),
    );
  command(registry, "remove <id>", "has the server scan a registry no more; its reports stay", [
    "pratique registry remove main",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("../commands/registry-server.ts")).registryRemove(context, id, flags),
      ),
    );
  const acts = {
    pause: "has the server begin nothing of a registry any more",
    resume: "has the server go on with a registry that was paused",
    retry: "has the server try again what could not be scanned",
  } as const;
  for (const act of ["pause", "resume", "retry"] as const) {
    command(registry, `${act} <id>`, acts[act], [`pratique registry ${act} main`])
      .option("--json", "as JSON")
      .action((id, flags) =>
        run(flags, async (context) =>
          (await import("../commands/registry-server.ts")).registryAct(context, { id, act }, flags),
        ),
      );
  }
}

/** What of a registry is meant, and how it is reached. */
function registryRunFlags(parent: Command): Command {
  return registryFilterFlags(registryFlags(parent))
    .option("--scanners <list>", SCANNERS)
    .option("--ignored-licenses <list>", IGNORED_LICENSES)
    .option("--reports <directory>", "writes the report of each image there, as JSON");
}

/** Which images are meant. */
function registryFilterFlags(parent: Command): Command {
  return parent
    .option(
      "--kind <kind>",
      "acr, distribution, docker-hub, ecr, ghcr, gitlab, google, harbor or quay; else by its name",
    )
    .option("--api-url <url>", "where the maker's API is, where that is not where it usually is")
    .option("--include <glob>", "only repositories like this; may be repeated", collect, [])
    .option("--exclude <glob>", "no repositories like this; may be repeated", collect, [])
    .option("--tag <glob>", "only tags like this; may be repeated", collect, [])
    .option("--exclude-tag <glob>", "no tags like this; may be repeated", collect, [])
    .option("--newest <count>", "of each repository, only the newest tags")
    .option("--platform <os/arch>", "for which platforms; may be repeated", collect, [])
    .option("--concurrency <count>", "images at the same time; 4");
}
