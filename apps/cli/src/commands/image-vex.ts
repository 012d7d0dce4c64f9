import type { ScanReport } from "@pratique/core";
import { match } from "@pratique/matching";
import { acceptedFindings, loadPolicies } from "@pratique/policy";
import {
  type Acceptance,
  printable,
  type VexWord,
  vexFormats,
  vexStatements,
  vexWords,
} from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { policyDocuments } from "../images/policy-documents.ts";
import { planScan, readingFlags } from "../images/scan-plan.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { readSuppressions, type SuppressionFlags } from "../images/suppressions.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";

export interface ImageVexFlags extends ScannerFlags, OutputFlags, SuppressionFlags {
  readonly author: string;
  readonly namespace: string;
  readonly policy?: readonly string[];
  readonly status?: string;
}

/** `pratique image vex IMAGE`: what is known of an image's vulnerabilities, for other scanners. */
export async function imageVex(context: Context, image: string, flags: ImageVexFlags): Promise<ExitCode> {
  const formats = new Map(vexFormats.map((format) => [format.name, format]));
  // All are JSON already.
  const outputs = planOutputs({ ...flags, json: false }, [...formats.keys()], "openvex");
  const words = flags.status?.split(",").map(parseWord);
  const namespace = parseNamespace(flags.namespace);
  const scan = planScan(image);
  const accepted = acceptances(context, flags.policy ?? []);
  const suppressions = await readSuppressions(flags, context);
  await using scanner = new Scanner(context, readingFlags(flags));
  const { report, subject } = await scan(scanner);
  const judged = suppressions.apply(report, subject);
  const { packages, target } = judged;
  const { clearances } = match({ distro: target.distro, packages }, scanner.advisories, {
    withClearances: true,
  });
  const statements = vexStatements({
    report: judged,
    clearances,
    acceptanceOf: accepted(judged),
    ...(words !== undefined && { words: new Set(words) }),
  });
  if (statements.length === 0) {
    throw new CliError(
      "USAGE",
      `there is nothing to say of ${JSON.stringify(image)}: no vulnerability of its packages is known`,
      {
        hint: "see pratique image scan, which says what was looked at",
      },
    );
  }
  const source = {
    target,
    purl: subject?.purl,
    time: judged.scannedAt,
    author: flags.author,
    namespace,
    version: context.version,
    statements,
  };
  writeOutputs(outputs, (format) => formats.get(format)?.render(source) ?? [], context.console);
  const { state, reasons } = judged.assessment;
  for (const { message } of reasons) context.console.say(`pratique: ${printable(message)}`);
  return state === "complete" ? exitCodes.fine : exitCodes.unassessed;
}

/** What the exceptions of the policies in force say of the findings of an image. */
function acceptances(context: Context, places: readonly string[]) {
  const set = loadPolicies(policyDocuments(context, places));
  return ({ target }: ScanReport) => {
    const subject = {
      image: target.reference,
      digests: [target.imageId, target.digest].filter((digest) => digest !== undefined),
      host: context.settings.hostName,
    };
    const exceptionOf = acceptedFindings(set, subject, context.now());
    return (finding: ScanReport["findings"][number]): Acceptance | undefined => {
      const exception = exceptionOf(finding);
      if (exception === undefined) return undefined;
      const { id, owner, reason, expires } = exception;
      return { exception: id, owner, reason, expires };
    };
  };
}

function parseWord(text: string): VexWord {
  const word = vexWords.find((known) => known === text.trim().toLowerCase().replaceAll("-", "_"));
  if (word !== undefined) return word;
  throw new CliError(
    "USAGE",
    `expected --status to be of ${vexWords.join(", ")}, found ${JSON.stringify(text)}`,
  );
}

/** Documents are told apart by an address of their author's. */
function parseNamespace(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/u.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new CliError(
      "USAGE",
      `expected --namespace to be like https://acme.example, found ${JSON.stringify(text)}`,
    );
  }
  return url.href.replace(/(?<!\/)\/+$/u, "");
}
