import type { Command } from "commander";
import { collect, command } from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const profile: CommandGroup = { name: "profile", add };

function add(program: Command, run: Runner): void {
  const profile = program.command("profile").description("what containers of an image do, as it was learned");
  command(profile, "list", "the images of which something was learned, and how far that is", [
    "sudo pratique profile list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("../commands/profile.ts")).profileList(context, flags)),
    );
  command(profile, "show <image>", "what is known of an image, and what is new", [
    "sudo pratique profile show nginx:1.27",
  ])
    .option("--json", "as JSON")
    .action((image, flags) =>
      run(flags, async (context) =>
        (await import("../commands/profile.ts")).profileShow(context, image, flags),
      ),
    );
  command(profile, "export <image>", "how to run an image so that it can do that, and little else", [
    "sudo pratique profile export nginx:1.27 --format seccomp --output web.json",
    "sudo pratique profile export nginx:1.27 --format compose --name web --seccomp-path ./web.json",
  ])
    .option("--format <format>", "seccomp, docker, compose, kubernetes or json; may be repeated", collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--name <name>", "what documents call the container", "app")
    .option("--seccomp-path <path>", "where the seccomp profile will lie; ./NAME.json unless given")
    .option("--json", "the same as --format json")
    .action((image, flags) =>
      run(flags, async (context) =>
        (await import("../commands/profile.ts")).profileExport(context, image, flags),
      ),
    );
  command(profile, "try <image>", "has a container do what was learned, started as export says", [
    "sudo pratique profile try nginx:1.27",
  ])
    .option("--json", "as JSON")
    .action((image, flags) =>
      run(flags, async (context) =>
        (await import("../commands/profile-try.ts")).profileTry(context, image, flags),
      ),
    );
  command(profile, "mode <image> <mode>", "learn, watch (tell what is new) or enforce", [
    "sudo pratique profile mode nginx:1.27 watch",
    "sudo pratique profile mode nginx:1.27 learn --learn-for 2h --then enforce",
  ])
    .option("--learn-for <time>", "until it watches: 24h unless given")
    .option("--watch-for <time>", "until it enforces, where --then says so: 7d unless given")
    .option("--settle-for <time>", "how long what is seen waits before it is learned: 10m unless given")
    .option("--afresh", "forgets what was learned first, and not what people said of it; for learn alone")
    .option("--then <what>", "after watch: stay, or enforce once nothing new is open")
    .option("--json", "as JSON")
    .action((image, mode, flags) =>
      run(flags, async (context) =>
        (await import("../commands/profile.ts")).profileMode(context, image, mode, flags),
      ),
    );
  addDecision(profile, run, "accept");
  addDecision(profile, run, "reject");
}

function addDecision(profile: Command, run: Runner, verb: "accept" | "reject"): void {
  const verdict = verb === "accept" ? "accepted" : "rejected";
  const what = verb === "accept" ? "belongs to an image" : "never belongs to an image";
  command(profile, `${verb} <image> <item>`, `says that something ${what}; show has the names of items`, [
    `sudo pratique profile ${verb} nginx:1.27 'write:/data/**'`,
    `sudo pratique profile ${verb} nginx:1.27 executable:/usr/bin/curl=added`,
  ])
    .option("--json", "as JSON")
    .action((image, item, flags) =>
      run(flags, async (context) =>
        (await import("../commands/profile.ts")).profileDecide(context, { image, item, verdict }, flags),
      ),
    );
}
