import type { Command } from "commander";
import { collect, command, registryFlags } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const advisories: CommandGroup = { name: "advisories", add };

function add(program: Command, run: Runner): void {
  const advisories = program.command("advisories").description("what is known of vulnerabilities");
  registryFlags(
    command(advisories, "update", "reads the sources again; those that have not changed are not fetched", [
      "pratique advisories update",
      "pratique advisories update --only debian-tracker",
      "pratique advisories update --mirror https://mirror.example/advisories --key mirror.pub",
    ]),
  )
    .option("--only <provider>", "only this one, from its feed; may be repeated", collect, [])
    .option(
      "--mirror <location>",
      "a URL, oci:REPOSITORY or a directory; may be repeated: the first that answers",
      collect,
      [],
    )
    .option("--key <file>", "the public key of those who publish there; remembered")
    .option(
      "--ecosystem <name>",
      "of a mirror only this one (Debian, Debian:12, npm); may be repeated",
      collect,
      [],
    )
    .option("--jitter <time>", "wait for up to so long before: 10m")
    .option("--json", "the result as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories.ts")).advisoriesUpdate(context, flags),
      ),
    );
  command(advisories, "build", "builds the database from files, directories, archives or URLs", [
    "pratique advisories build --from debian-dsa-dla:/srv/feeds/debian --from osv:/srv/feeds/npm.zip",
  ])
    .requiredOption("--from <provider:location>", "may be repeated", collect, [])
    .option("--replace", "leave out providers that are not named now")
    .option("--json", "the result as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories.ts")).advisoriesBuild(context, flags),
      ),
    );
  registryFlags(
    command(
      advisories,
      "publish <target>",
      "signs the database at hand and puts it where others update from",
      [
        "pratique advisories publish /srv/advisories --key mirror.key",
        "pratique advisories publish oci:registry.example.org/security/advisories --key mirror.key",
        "openssl genpkey -algorithm ed25519 -out mirror.key && openssl pkey -in mirror.key -pubout -out mirror.pub",
      ],
    ),
  )
    .requiredOption("--key <file>", "the private key, Ed25519 in PEM")
    .option("--valid-for <time>", "for how long it is to be believed", "7d")
    .option("--json", "the result as JSON")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories-publish.ts")).advisoriesPublish(context, target, flags),
      ),
    );
  command(advisories, "serve <directory>", "hands out a published directory over HTTP", [
    "pratique advisories serve /srv/advisories --listen 127.0.0.1:8090",
  ])
    .option("--listen <address:port>", "where it is to be had", "127.0.0.1:8090")
    .option("--verbose", "each request on standard error")
    .option("--json", "where it is to be had, as JSON on standard output")
    .action((directory, flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories-serve.ts")).advisoriesServe(context, directory, flags),
      ),
    );
  command(advisories, "status", "each source with its age, and the mirror", [
    "pratique advisories status --json",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories.ts")).advisoriesStatus(context, flags),
      ),
    );
  command(advisories, "show <id>", "what the database says of one vulnerability", [
    "pratique advisories show CVE-2021-44228",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("../commands/advisories-show.ts")).advisoriesShow(context, id, flags),
      ),
    );
}
