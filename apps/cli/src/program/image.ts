import type { Command } from "commander";
import {
  collect,
  command,
  IGNORED_LICENSES,
  JUDGED_SCANNERS,
  SCANNERS,
  scannerFlags,
  suppressionFlags,
} from "../command-flags.ts";
import type { CommandGroup, Runner } from "../command-group.ts";

export const image: CommandGroup = { name: "image", add };

/** The formats of reports; a test holds this against the list of the report package, which is loaded with a scan. */
const SCAN_FORMATS = "cyclonedx, github, gitlab, html, json, junit, markdown, sarif, spdx or table";

function add(program: Command, run: Runner): void {
  const image = program.command("image").description("scan and judge images");
  addScan(image, run);
  addCheck(image, run);
  addSbom(image, run);
  addVex(image, run);
  addDiff(image, run);
  addShow(image, run);
}

function addScan(image: Command, run: Runner): void {
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
        (await import("../commands/image-scan.ts")).imageScan(context, target, flags),
      ),
    );
}

function addCheck(image: Command, run: Runner): void {
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
        (await import("../commands/image-check.ts")).imageCheck(context, target, flags),
      ),
    );
}

function addSbom(image: Command, run: Runner): void {
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
        (await import("../commands/image-sbom.ts")).imageSbom(context, target, flags),
      ),
    );
}

function addVex(image: Command, run: Runner): void {
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
        (await import("../commands/image-vex.ts")).imageVex(context, target, flags),
      ),
    );
}

function addDiff(image: Command, run: Runner): void {
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
        (await import("../commands/image-diff.ts")).imageDiff(context, { before, after }, flags),
      ),
    );
}

function addShow(image: Command, run: Runner): void {
  command(image, "show <image>", "what the server of this host knows of an image, and what of it is in use", [
    "sudo pratique image show shop:1",
    "sudo pratique image show --explain --severity critical,high shop:1",
    "sudo pratique image show --json --fail-on critical sha256:4fd1e6b3b2a4",
  ])
    .option("--explain", "say of each finding what its risk is made of")
    .option("--severity <list>", "show only these, separated by commas")
    .option("--show-suppressed", "list what VEX and ignore files took out of the count, too")
    .option("--fail-on <severity>", "exit with 2 at findings of this severity or worse")
    .option("--json", "as JSON")
    .action((name, flags) =>
      run(flags, async (context) =>
        (await import("../commands/image-show.ts")).imageShow(context, name, flags),
      ),
    );
}
