import { AuditLog, EvidenceStore } from "@pratique/audit";
import { type Host, type JsonObject, parseImageTarget, type Verdict } from "@pratique/core";
import { evaluate, type ImageFacts, imageFactsOf, loadPolicies, type PolicyDocument } from "@pratique/policy";
import { renderVerdict } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";
import { policyDocuments } from "../policy-documents.ts";
import { Scanner, type ScannerFlags } from "../scanner.ts";

const formats = ["table", "json"] as const;

export interface ImageCheckFlags extends ScannerFlags, OutputFlags {
  readonly policy?: readonly string[];
}

/** `pratique image check IMAGE`: the verdict of the policies on an image by itself, recorded. */
export async function imageCheck(context: Context, image: string, flags: ImageCheckFlags): Promise<ExitCode> {
  const outputs = planOutputs(flags, formats, "table");
  const target = parseImageTarget(image);
  const { settings, now, console } = context;
  const documents = policyDocuments(context, flags.policy ?? []);
  const set = loadPolicies(documents);
  await using scanner = new Scanner(context, flags);
  const facts = imageFactsOf(await scanner.scan(target));
  const host: Host = { name: settings.hostName, labels: settings.hostLabels, kernel: "", engineVersion: "" };
  const verdict = evaluate(set, { stage: "build", image: facts, host, now: now() });
  record(context, { verdict, facts, documents, host });
  writeOutputs(
    outputs,
    (format) =>
      format === "json" ? `${JSON.stringify(verdict, undefined, 2)}\n` : renderVerdict(verdict, console.look),
    console,
  );
  return verdict.decision === "allow" ? exitCodes.fine : exitCodes.refused;
}

interface Judged {
  readonly verdict: Verdict;
  readonly facts: ImageFacts;
  readonly documents: readonly PolicyDocument[];
  readonly host: Host;
}

/** Before the answer is given; with all that it takes to come to the same answer again. */
function record({ settings, now, userId }: Context, { verdict, facts, documents, host }: Judged): void {
  const evidence = new EvidenceStore(settings.layout.evidence);
  using audit = new AuditLog({ directory: settings.layout.audit, now });
  audit.append({
    class: "verdict",
    action: verdict.decision === "allow" ? "image.allowed" : "image.denied",
    actor: `uid:${userId}`,
    data: {
      verdict: toJson(verdict),
      host: toJson(host),
      evidence: {
        imageFacts: evidence.put(JSON.stringify(facts)),
        policies: evidence.put(JSON.stringify(documents)),
      },
    },
  });
}

/** Nouns are plain JSON by construction; their interfaces cannot say so. */
function toJson(noun: Verdict | Host): JsonObject {
  return JSON.parse(JSON.stringify(noun));
}
