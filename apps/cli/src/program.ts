import { Command, Option } from "commander";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { GlobalFlags } from "./settings.ts";

/** Flags of the process as a whole. */
export interface ProcessFlags extends GlobalFlags {
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly color?: boolean;
  readonly withParent?: boolean;
}

/** Runs a command with the context that its flags ask for. */
export type Runner = (
  flags: ProcessFlags,
  work: (context: Context) => Promise<ExitCode> | ExitCode,
) => Promise<void>;

const EXITS = `
Exit codes:
  0  assessed, and within what was asked
  1  could not run
  2  findings at or over --fail-on, or a verdict of deny
  3  could not be fully assessed`;

const IMAGES = `
Images:
  NAME                          in the Docker Engine, else in its registry
  docker:NAME, podman:NAME      in that engine
  containerd:[NAMESPACE/]NAME   in containerd, and so of Kubernetes
  registry:NAME                 in its registry
  container:ID                  what a container sees, of Docker, Podman or containerd
  lxc:NAME                      the root of an LXC container
  docker-archive:FILE[:NAME], oci-archive:FILE[:NAME], oci-dir:DIR[:NAME], aci:FILE, dir:DIR`;

/** The formats of reports; a test holds this against the list of the report package, which is loaded with a scan. */
const SCAN_FORMATS = "cyclonedx, github, gitlab, html, json, junit, markdown, sarif, spdx or table";

type Group = (program: Command, run: Runner) => void;

const groups: ReadonlyMap<string, Group> = new Map([
  ["image", addImage],
  ["registry", addRegistry],
  ["advisories", addAdvisories],
  ["intel", addIntel],
  ["policy", addPolicy],
  ["rules", addRules],
  ["runtime", addRuntime],
  ["profile", addProfile],
  ["gate", addGate],
  ["audit", addAudit],
  ["statistics", addStatistics],
  ["--version", () => undefined],
]);

/**
 * The commands, their flags and their help. A command's code is loaded when it is run and not before, and groups of
 * commands other than the one that is named first are left out: the start of the process is part of every scan.
 */
export function buildProgram(version: string, run: Runner, first?: string): Command {
  const program = new Command("pratique")
    .description("Shows what is in container images, and holds launches that break your policies")
    .version(version)
    // Flags behind a command's name are that command's, also where the one before takes the same.
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => write(`pratique: ${usageLine(text)}\n`) })
    .addHelpText("after", EXITS);
  const named = groups.get(first ?? "");
  for (const add of named === undefined ? [...groups.values(), addParts] : [named]) add(program, run);
  return program;
}

/** One line of what commander says in several: `unknown command 'scam'; did you mean scan?` */
export function usageLine(text: string): string {
  const [said = "", ...more] = text.trim().split("\n");
  const guess = /^\(Did you mean (?<guess>.+)\?\)$/u.exec(more.join(" "))?.groups?.guess;
  const hint = guess === undefined ? "see --help" : `did you mean ${guess}?`;
  return `${said.replace(/^error: /u, "").replace(/\.$/u, "")}; ${hint}`;
}

const SCANNERS = "what is looked for: vuln, and secret (takes longer), license";
const IGNORED_LICENSES = "licenses that are left out, separated by commas: MIT,LGPL-*";

/** Of commands that ask policies. */
const JUDGED_SCANNERS =
  "what is looked for: vuln, and secret, license; what the policies look at where absent";

function addImage(program: Command, run: Runner): void {
  const image = program.command("image").description("scan and judge images");
  suppressionFlags(
    command(image, "scan <image>", "what is in an image, and what is wrong with it", [
      "pratique image scan nginx:1.27",
      "pratique image scan --vex shop.openvex.json sbom:shop.cdx.json",
      "pratique image scan 'purl:pkg:deb/debian/bash@5.2.15-2?distro=debian-12'",
      "pratique image scan --fail-on high --format json --output report.json docker-archive:shop.tar",
      "pratique image scan --output table=- --output sarif=shop.sarif --output html=shop.html docker:shop:1",
      "pratique image scan --scanners vuln,secret,license shop:1",
      "pratique image scan --template findings.csv.liquid --output findings.csv docker:shop:1",
    ]),
  )
    .option("--format <format>", `${SCAN_FORMATS}; may be repeated`, collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--template <file>", "a Liquid template, in place of a format")
    .option("--json", "the same as --format json")
    .option("--fail-on <severity>", "exit with 2 at findings of this severity or worse")
    .option("--verify-layers", "refuse a file whose plain layers are not those of its image id; slower")
    .option(
      "--by-range",
      "of a registry's eStargz or zstd:chunked layers fetch only what is looked at; not verified",
    )
    .option("--scanners <list>", SCANNERS)
    .option("--ignored-licenses <list>", IGNORED_LICENSES)
    .option("--severity <list>", "show only these, separated by commas")
    .option("--only-fixed", "show only what has a fix")
    .option("--only-notfixed", "show only what has none")
    .option("--ignore-status <list>", "leave these out: will-not-fix,end-of-life and others")
    .option("--pkg-types <list>", "only these: os, library")
    .option(
      "--sort <order>",
      "severity; risk: what to mend first by all that is known; package, vulnerability or epss",
    )
    .option("--base <image>", "the image that this one is built on, to tell apart what that brought")
    .option("--show-suppressed", "list what VEX and ignore files took out of the count, too")
    .option(
      "--by-cve",
      "name findings by their CVE where they have one, and join those that are then the same",
    )
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("./commands/image-scan.ts")).imageScan(context, target, flags),
      ),
    );
  suppressionFlags(
    command(image, "check <image>", "the verdict of the policies on an image, with reasons", [
      "pratique image check nginx:1.27",
      "pratique image check --policy team.yaml registry:ghcr.io/acme/shop:1",
    ]),
  )
    .option("--policy <file>", "these policies instead of the host's; may be repeated", collect, [])
    .option("--scanners <list>", JUDGED_SCANNERS)
    .option("--format <format>", "table or json; may be repeated", collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--json", "the same as --format json")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("./commands/image-check.ts")).imageCheck(context, target, flags),
      ),
    );
  scannerFlags(
    command(image, "sbom <image>", "a bill of materials: what is in an image, for other tools", [
      "pratique image sbom nginx:1.27",
      "pratique image sbom --output cyclonedx=shop.cdx.json --output spdx=shop.spdx.json docker:shop:1",
    ]),
  )
    .option("--format <format>", "cyclonedx or spdx; may be repeated", collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--json", "as JSON, which both formats are")
    .option("--verify-layers", "refuse a file whose plain layers are not those of its image id; slower")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("./commands/image-sbom.ts")).imageSbom(context, target, flags),
      ),
    );
  suppressionFlags(
    command(image, "vex <image>", "VEX: which known vulnerabilities matter in an image and which do not", [
      "pratique image vex --author 'Acme Security' --namespace https://acme.example nginx:1.27",
      "pratique image vex --ignore-file accepted.trivyignore --format csaf --output shop.csaf.json docker:shop:1",
    ]),
  )
    .option("--format <format>", "openvex, csaf or cyclonedx; may be repeated", collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--json", "as JSON, which all formats are")
    .option("--author <name>", "who says it", "unknown author")
    .option("--namespace <url>", "an address of the author's", "https://pratique.invalid")
    .option(
      "--policy <file>",
      "exceptions of these policies instead of the host's; may be repeated",
      collect,
      [],
    )
    .option("--status <list>", "only these: not_affected, affected, fixed, under_investigation")
    .option("--verify-layers", "refuse a file whose plain layers are not those of its image id; slower")
    .action((target, flags) =>
      run(flags, async (context) =>
        (await import("./commands/image-vex.ts")).imageVex(context, target, flags),
      ),
    );
  scannerFlags(
    command(image, "diff <before> <after>", "what differs between two images, or two saved JSON reports", [
      "pratique image diff shop:1 shop:2",
      "pratique image diff --fail-on high last-week.json docker:shop:1",
    ]),
  )
    .option("--format <format>", "table or json; may be repeated", collect, [])
    .option("--output <file>", "where a format goes; FORMAT=FILE says both", collect, [])
    .option("--json", "the same as --format json")
    .option("--fail-on <severity>", "exit with 2 at new findings of this severity or worse")
    .action((before, after, flags) =>
      run(flags, async (context) =>
        (await import("./commands/image-diff.ts")).imageDiff(context, { before, after }, flags),
      ),
    );
}

function addRegistry(program: Command, run: Runner): void {
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
        (await import("./commands/registry-scan.ts")).registryScan(context, target, flags),
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
        (await import("./commands/registry-watch.ts")).registryWatch(context, target, flags),
      ),
    );
  command(registry, "list", "the scans of registries on this host and of its server, and how far they came", [
    "pratique registry list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("./commands/registry-queue.ts")).registryList(context, flags),
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
        (await import("./commands/registry-queue.ts")).registryQueue(context, target, flags),
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
        (await import("./commands/registry-server.ts")).registryAdd(context, { id, target }, flags),
      ),
    );
  command(registry, "show <id>", "a registry of the server, what failed in it and what to do about it", [
    "pratique registry show main",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("./commands/registry-server.ts")).registryShow(context, id, flags),
      ),
    );
  command(registry, "remove <id>", "has the server scan a registry no more; its reports stay", [
    "pratique registry remove main",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("./commands/registry-server.ts")).registryRemove(context, id, flags),
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
          (await import("./commands/registry-server.ts")).registryAct(context, { id, act }, flags),
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

function addAdvisories(program: Command, run: Runner): void {
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
        (await import("./commands/advisories.ts")).advisoriesUpdate(context, flags),
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
        (await import("./commands/advisories.ts")).advisoriesBuild(context, flags),
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
        (await import("./commands/advisories-publish.ts")).advisoriesPublish(context, target, flags),
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
        (await import("./commands/advisories-serve.ts")).advisoriesServe(context, directory, flags),
      ),
    );
  command(advisories, "status", "each source with its age, and the mirror", [
    "pratique advisories status --json",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("./commands/advisories.ts")).advisoriesStatus(context, flags),
      ),
    );
  command(advisories, "show <id>", "what the database says of one vulnerability", [
    "pratique advisories show CVE-2021-44228",
  ])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("./commands/advisories-show.ts")).advisoriesShow(context, id, flags),
      ),
    );
}

function addIntel(program: Command, run: Runner): void {
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
      run(flags, async (context) => (await import("./commands/intel.ts")).intelUpdate(context, flags)),
    );
  command(intel, "status", "each feed with its age, and what was refused of it", [
    "pratique intel status --json",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/intel.ts")).intelStatus(context, flags)),
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
      run(flags, async (context) => (await import("./commands/intel-hunt.ts")).intelHunt(context, flags)),
    );
  command(intel, "lookup <what>", "who lists an address, a name, a URL or a hash", [
    "pratique intel lookup 198.51.100.7",
    "pratique intel lookup --json https://files.example/a.sh",
  ])
    .option("--json", "as JSON")
    .action((what, flags) =>
      run(flags, async (context) =>
        (await import("./commands/intel-lookup.ts")).intelLookup(context, what, flags),
      ),
    );
}

function addRules(program: Command, run: Runner): void {
  const rules = program.command("rules").description("what is detected in running containers");
  command(
    rules,
    "check <files...>",
    "what is wrong with files of Falco rules, and what this host cannot see",
    ["pratique rules check /etc/falco/falco_rules.yaml --json"],
  )
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) => (await import("./commands/rules.ts")).rulesCheck(context, files, flags)),
    );
  command(rules, "list", "the rules in force here: whether each prevents, kills, detects or is off", [
    "sudo pratique rules list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/rules.ts")).rulesList(context, flags)),
    );
}

function addRuntime(program: Command, run: Runner): void {
  const runtime = program.command("runtime").description("what goes on in running containers");
  command(runtime, "top", "processes, connections and files of each container, live", [
    "sudo pratique runtime top",
  ])
    .option("--sort <column>", "cpu, processes, execs, opens, connects, flows or name", "cpu")
    .option("--once", "looks once and ends")
    .option("--json", "one look as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/runtime.ts")).runtimeTop(context, flags)),
    );
  command(runtime, "events [condition]", "events as they happen, those that a condition of a rule fits", [
    "sudo pratique runtime events --container web",
    "sudo pratique runtime events evt.type=execve",
    "sudo pratique runtime events evt.type=connect --format '%container.name %proc.cmdline %fd.name'",
  ])
    .option("--container <name>", "of this container alone")
    .option("--count <number>", "ends after so many")
    .option("--format <text>", "what is said of each, with fields as the outputs of rules have them")
    .option("--json", "one JSON object a line")
    .action((condition, flags) =>
      run(flags, async (context) =>
        (await import("./commands/runtime.ts")).runtimeEvents(context, condition, flags),
      ),
    );
  command(
    runtime,
    "capture [container]",
    "what a container did last, from memory: its events, or its packets",
    [
      "sudo pratique runtime capture web --last 30s",
      "sudo pratique runtime capture web --format pcap --output web.pcap",
      "sudo pratique runtime capture --list",
    ],
  )
    .option("--format <format>", "jsonl: events, one JSON object a line; pcap: packets", "jsonl")
    .option("--output <file>", "a file instead of standard output, for its owner alone")
    .option("--last <time>", "30s or 1m, where less is wanted than is kept")
    .option("--list", "what was saved when something was detected, and where it lies")
    .option("--json", "with --list as JSON; else the same as --format jsonl")
    .action((container, flags) =>
      run(flags, async (context) =>
        (await import("./commands/runtime-capture.ts")).runtimeCapture(context, container, flags),
      ),
    );
  command(runtime, "clear", "ends what the kernel goes on preventing without the agent", [
    "sudo pratique runtime clear",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("./commands/runtime-clear.ts")).runtimeClear(context, flags),
      ),
    );
  addRuntimeActs(runtime, run);
}

function addRuntimeActs(runtime: Command, run: Runner): void {
  const acts = async () => await import("./commands/runtime-acts.ts");
  command(runtime, "acts", "what is in force about containers, and what waits for a person", [
    "sudo pratique runtime acts",
  ])
    .option("--json", "as JSON")
    .action((flags) => run(flags, async (context) => (await acts()).runtimeActs(context, flags)));
  command(runtime, "release <container>", "undoes what is in force about a container", [
    "sudo pratique runtime release web",
  ])
    .option("--act <id>", "this one alone")
    .option("--json", "as JSON")
    .action((container, flags) =>
      run(flags, async (context) => (await acts()).runtimeRelease(context, container, flags)),
    );
  command(runtime, "confirm <what>", "what is held, or has tripped, is right and acts from now on", [
    "sudo pratique runtime confirm 203.0.113.7",
  ])
    .option("--json", "as JSON")
    .action((what, flags) =>
      run(flags, async (context) => (await acts()).runtimeConfirm(context, what, flags)),
    );
}

function addProfile(program: Command, run: Runner): void {
  const profile = program.command("profile").description("what containers of an image do, as it was learned");
  command(profile, "list", "the images of which something was learned, and how far that is", [
    "sudo pratique profile list",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/profile.ts")).profileList(context, flags)),
    );
  command(profile, "show <image>", "what is known of an image, and what is new", [
    "sudo pratique profile show nginx:1.27",
  ])
    .option("--json", "as JSON")
    .action((image, flags) =>
      run(flags, async (context) =>
        (await import("./commands/profile.ts")).profileShow(context, image, flags),
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
        (await import("./commands/profile.ts")).profileExport(context, image, flags),
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
        (await import("./commands/profile.ts")).profileMode(context, image, mode, flags),
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
        (await import("./commands/profile.ts")).profileDecide(context, { image, item, verdict }, flags),
      ),
    );
}

function addPolicy(program: Command, run: Runner): void {
  const policy = program.command("policy").description("the rules that images and launches are held to");
  command(policy, "lint [files...]", "names everything that is wrong with policies", [
    "pratique policy lint team.yaml",
  ])
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) => (await import("./commands/policy.ts")).policyLint(context, files, flags)),
    );
  command(policy, "test <files...>", "runs the tests among the files against the policies among them", [
    "pratique policy test team.yaml team.test.yaml",
  ])
    .option("--json", "as JSON")
    .action((files, flags) =>
      run(flags, async (context) => (await import("./commands/policy.ts")).policyTest(context, files, flags)),
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
        (await import("./commands/policy.ts")).policyExplain(context, image, flags),
      ),
    );
  command(policy, "replay", "computes every recorded verdict again, and compares", ["pratique policy replay"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("./commands/policy-replay.ts")).policyReplay(context, flags),
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
      run(flags, async (context) => (await import("./commands/policy.ts")).exceptionGrant(context, flags)),
    );
  command(exception, "list", "the exceptions of this host", ["pratique policy exception list"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/policy.ts")).exceptionList(context, flags)),
    );
  command(exception, "revoke <id>", "ends an exception", ["pratique policy exception revoke ex-m3k9x2"])
    .option("--json", "as JSON")
    .action((id, flags) =>
      run(flags, async (context) =>
        (await import("./commands/policy.ts")).exceptionRevoke(context, id, flags),
      ),
    );
}

function addGate(program: Command, run: Runner): void {
  const gate = program.command("gate").description("the door of the Docker Engine");
  command(gate, "install", "makes the engine ask before each launch; a live reload, with a backup", [
    "sudo pratique gate install",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/gate.ts")).gateInstall(context, flags)),
    );
  command(gate, "uninstall", "makes the engine stop asking", ["sudo pratique gate uninstall"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/gate.ts")).gateUninstall(context, flags)),
    );
  command(gate, "status", "whether it answers, what it decided, how fast", ["pratique gate status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/gate.ts")).gateStatus(context, flags)),
    );
}

function addAudit(program: Command, run: Runner): void {
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
          ? (await import("./commands/audit.ts")).auditVerify(context, flags)
          : (await import("./commands/audit-log.ts")).auditLog(context, "verify", [log, ...options], flags),
      ),
    );
  for (const [name, description, example] of auditCommands) {
    command(audit, `${name} [options...]`, description, [example])
      .option("--json", "as JSON")
      .allowUnknownOption()
      .action((options, flags) =>
        run(flags, async (context) =>
          (await import("./commands/audit-log.ts")).auditLog(context, name, options, flags),
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

function addParts(program: Command, run: Runner): void {
  const listen = new Option(
    "--listen <address:port>",
    "where the console is served (default 127.0.0.1:8443)",
  );
  const listenAgents = new Option(
    "--listen-agents <address:port>",
    "where agents of other hosts are heard (default: they are not)",
  );
  command(program, "up", "server, console, agent and gate on this host", ["sudo pratique up"])
    .addOption(listen)
    .addOption(listenAgents)
    .option("--private-engine", "start an engine of our own even where another one runs")
    .option("--json", "says as JSON what runs, and where to sign in")
    .action((flags) => run(flags, async (context) => (await import("./commands/up.ts")).up(context, flags)));
  command(program, "doctor", "what this host can and cannot do, and how to mend it", ["pratique doctor"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/doctor.ts")).doctor(context, flags)),
    );
  command(program, "selftest", "tries harmless attacks on this host, and tells what stopped each", [
    "sudo pratique selftest",
    "sudo pratique selftest --only core-pattern,engine-socket",
  ])
    .option("--only <list>", "these attacks, separated by commas; all by default")
    .option("--host", "also those on the host itself, outside of containers")
    .option("--list", "names the attacks, and tries none")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/selftest.ts")).selftest(context, flags)),
    );
  const server = command(program, "server", "the server alone", ["pratique server"])
    .addOption(listen)
    .addOption(listenAgents)
    .option("--json", "says as JSON where it listens")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/server.ts")).runServer(context, flags)),
    );
  command(server, "link", "a new link that signs in to the console, once", ["sudo pratique server link"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/server-link.ts")).serverLink(context, flags)),
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
        (await import("./commands/server-join-token.ts")).serverJoinToken(context, flags),
      ),
    );
  command(server, "openapi", "the API as an OpenAPI 3.1 document, without a server", [
    "pratique server openapi",
  ])
    .option("--json", "as JSON, which the document always is")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/server-open-api.ts")).serverOpenApi(context)),
    );
  addServerCare(server, run);
  const agent = command(program, "agent", "the agent alone", ["sudo pratique agent"])
    .option("--own-engine", "the engine was started with the gate by us")
    .option("--json", "says as JSON that it runs")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/agent.ts")).runAgent(context, flags)),
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
        (await import("./commands/agent-join.ts")).agentJoin(context, url, flags),
      ),
    );
  command(agent, "status", "how this host stands with its server", ["sudo pratique agent status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/agent-status.ts")).agentStatus(context, flags)),
    );
  command(program, "gate-process", "answers the engine; started by the agent", [], { hidden: true }).action(
    (flags) => run(flags, async (context) => (await import("./commands/gate-process.ts")).runGate(context)),
  );
  command(
    program,
    "worker",
    "scans registries for servers that share a database; on as many hosts as you like",
    ["pratique worker --config worker.yaml"],
  )
    .option("--json", "says as JSON that it runs")
    .addOption(withParent())
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/worker.ts")).runWorker(context, flags)),
    );
  command(program, "scan-worker", "scans; started by the agent", [], { hidden: true }).action((flags) =>
    run(flags, async (context) => (await import("./commands/scan-worker.ts")).runScanWorker(context)),
  );
  command(program, "registry-scanner", "reads registries; started by the server", [], {
    hidden: true,
  }).action((flags) =>
    run(flags, async (context) =>
      (await import("./commands/registry-scanner.ts")).runRegistryScanner(context),
    ),
  );
}

function addStatistics(program: Command, run: Runner): void {
  command(
    program,
    "statistics",
    "how many images have high and medium findings, by what they have in common",
    ["sudo pratique statistics", "sudo pratique statistics --json", "sudo pratique statistics --rows images"],
  )
    .option("--days <number>", "how far back the days go; up to 366", "30")
    .option("--rows <list>", "images or states: the rows that the numbers rest on, as lines of JSON")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/statistics.ts")).statistics(context, flags)),
    );
}

function addServerCare(server: Command, run: Runner): void {
  command(server, "backup", "saves all that the server remembers, while it works", [
    "sudo pratique server backup --output /srv/backups/pratique",
  ])
    .requiredOption("--output <file>", "where to; a file that is there is replaced")
    .option("--no-seal", "so that it can be read without the key")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/backup.ts")).serverBackup(context, flags)),
    );
  command(server, "restore <file>", "reads a backup into a server that has remembered nothing yet", [
    "sudo pratique server restore /srv/backups/pratique",
  ])
    .option("--json", "as JSON")
    .action((file, flags) =>
      run(flags, async (context) =>
        (await import("./commands/restore.ts")).serverRestore(context, file, flags),
      ),
    );
  const keys = server.command("keys").description("the keys of what is sealed");
  command(keys, "status", "which keys there are, and what wraps them", ["sudo pratique server keys status"])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/keys.ts")).keysStatus(context, flags)),
    );
  command(keys, "rotate", "new keys; may be stopped, and goes on when it is run again", [
    "sudo pratique server keys rotate --plan",
    "sudo pratique server keys rotate --kek",
  ])
    .option("--kek", "a new outermost key instead of new data keys")
    .option("--plan", "says what would be done, and changes nothing")
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) => (await import("./commands/keys.ts")).keysRotate(context, flags)),
    );
  command(keys, "rotate-authority", "another authority for the certificates of hosts", [
    "sudo pratique server keys rotate-authority",
  ])
    .option("--json", "as JSON")
    .action((flags) =>
      run(flags, async (context) =>
        (await import("./commands/rotate-authority.ts")).rotateAuthority(context, flags),
      ),
    );
}

function withParent(): Option {
  return new Option("--with-parent", "ends when standard input does").hideHelp();
}

/** A command with the flags that all commands take, and examples in its help. */
function command(
  parent: Command,
  nameAndArguments: string,
  description: string,
  examples: readonly string[],
  { hidden = false } = {},
): Command {
  const made = parent
    .command(nameAndArguments, { hidden })
    .description(description)
    .option("--data <directory>", "where data are kept")
    .option("--run <directory>", "where sockets are made")
    .option("--config <file>", "another pratique.yaml")
    .option("--engine <address>", "the Docker Engine: unix:///var/run/docker.sock")
    .option("-q, --quiet", "nothing but the report")
    .option("--no-progress", "no progress bar")
    .option("--no-color", "no colours");
  if (examples.length === 0) return made;
  return made.addHelpText("after", `\nExample:\n${examples.map((example) => `  ${example}`).join("\n")}`);
}

function registryFlags(parent: Command): Command {
  return parent
    .option("--username <name>", "for the registry")
    .option("--password <text>", "for the registry; better: docker login")
    .option("--registry-token <token>", "for the registry")
    .option("--insecure-registry <host>", "may be reached without TLS; may be repeated", collect, []);
}

function scannerFlags(parent: Command): Command {
  return registryFlags(parent.option("--platform <os/arch>", "which of several platforms is meant"))
    .option("--no-cache", "read the image again even where its content is known")
    .addHelpText("after", IMAGES);
}

function suppressionFlags(parent: Command): Command {
  return scannerFlags(parent)
    .option("--vex <file>", "take out of the count what this VEX document says; may be repeated", collect, [])
    .option("--ignore-file <file>", "and what this ignore file says; may be repeated", collect, [])
    .option("--no-ignore-files", "leave out .trivyignore, .grype.yaml and osv-scanner.toml found here");
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
