import { AuditLog, EvidenceStore } from "@pratique/audit";
import { type Host, parseImageTarget } from "@pratique/core";
import { type VerdictRecord, VerdictRecorder } from "@pratique/gate";
import { evaluate, type ImageFacts, imageFactsOf, loadPolicies } from "@pratique/policy";
import { renderVerdict } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { policyDocuments } from "../images/policy-documents.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { readSuppressions, type SuppressionFlags } from "../images/suppressions.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";

const formats = ["table", "json"] as const;

export interface ImageCheckFlags extends ScannerFlags, OutputFlags, SuppressionFlags {
  readonly policy?: readonly string[];
}

/** `pratique image check IMAGE`: the verdict of the policies on an image by itself, recorded. */
export async function imageCheck(context: Context, image: string, flags: ImageCheckFlags): Promise<ExitCode> {
  const outputs = planOutputs(flags, formats, "table");
  const target = parseImageTarget(image);
  const { settings, now, console } = context;
  const policies = loadPolicies(policyDocuments(context, flags.policy ?? []));
  const suppressions = await readSuppressions(flags, context);
  await using scanner = new Scanner(context, { ...flags, asked: policies.sought });
  const facts = imageFactsOf(suppressions.apply(await scanner.scan(target)));
  const host: Host = { name: settings.hostName, labels: settings.hostLabels, kernel: "", engineVersion: "" };
  const verdict = evaluate(policies, { stage: "build", image: facts, host, now: now() });
  record(context, { verdict, facts, policies, host });
  writeOutputs(
    outputs,
    (format) =>
      format === "json" ? `${JSON.stringify(verdict, undefined, 2)}\n` : renderVerdict(verdict, console.look),
    console,
  );
  return verdict.decision === "allow" ? exitCodes.fine : exitCodes.refused;
}

type Judged = Pick<VerdictRecord, "verdict" | "policies" | "host"> & { readonly facts: ImageFacts };

/** Before the answer is given; with all that it takes to come to the same answer again. */
function record({ settings, now, userId }: Context, { verdict, facts, policies, host }: Judged): void {
  const recorder = new VerdictRecorder(new EvidenceStore(settings.layout.evidence, now));
  using audit = new AuditLog({ directory: settings.layout.audit, now });
  audit.append(
    recorder.event({
      verdict,
      facts,
      policies,
      host,
      imageId: facts.imageId,
      exceptions: [],
      mode: "enforce",
      call: "pratique image check",
      actor: `uid:${userId}`,
    }),
  );
}
