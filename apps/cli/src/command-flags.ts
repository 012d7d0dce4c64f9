import { type Command, Option } from "commander";

const IMAGES = `
Images:
  NAME                          in the Docker Engine, else in its registry
  docker:NAME, podman:NAME      in that engine
  containerd:[NAMESPACE/]NAME   in containerd, and so of Kubernetes
  registry:NAME                 in its registry
  container:ID                  what a container sees, of Docker, Podman or containerd
  lxc:NAME                      the root of an LXC container
  docker-archive:FILE[:NAME], oci-archive:FILE[:NAME], oci-dir:DIR[:NAME], aci:FILE, dir:DIR`;

export const SCANNERS = "what is looked for: vuln, and secret (takes longer), license";
export const IGNORED_LICENSES = "licenses that are left out, separated by commas: MIT,LGPL-*";

/** Of commands that ask policies. */
export const JUDGED_SCANNERS =
  "what is looked for: vuln, and secret, license; what the policies look at where absent";

/** A command with the flags that all commands take, and examples in its help. */
export function command(
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

/** How a registry is signed in to. */
export function registryFlags(parent: Command): Command {
  return parent
    .option("--username <name>", "for the registry")
    .option("--password <text>", "for the registry; better: docker login")
    .option("--registry-token <token>", "for the registry")
    .option("--insecure-registry <host>", "may be reached without TLS; may be repeated", collect, []);
}

/** How an image is found and read; its help lists the forms of names. */
export function scannerFlags(parent: Command): Command {
  return registryFlags(parent.option("--platform <os/arch>", "which of several platforms is meant"))
    .option("--no-cache", "read the image again even where its content is known")
    .addHelpText("after", IMAGES);
}

/** What takes findings out of the count, besides how the image is found. */
export function suppressionFlags(parent: Command): Command {
  return scannerFlags(parent)
    .option("--vex <file>", "take out of the count what this VEX document says; may be repeated", collect, [])
    .option("--ignore-file <file>", "and what this ignore file says; may be repeated", collect, [])
    .option("--no-ignore-files", "leave out .trivyignore, .grype.yaml and osv-scanner.toml found here");
}

/** Where the console is served. */
export function listen(): Option {
  return new Option("--listen <address:port>", "where the console is served (default 127.0.0.1:8443)");
}

/** Where agents of other hosts are heard. */
export function listenAgents(): Option {
  return new Option(
    "--listen-agents <address:port>",
    "where agents of other hosts are heard (default: they are not)",
  );
}

/** For processes that others of ours start: they end with them. */
export function withParent(): Option {
  return new Option("--with-parent", "ends when standard input does").hideHelp();
}

/** Gathers the values of a flag that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
