import { EvidenceStore, fingerprint, type Head, verifyAuditLog } from "@pratique/audit";
import { printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

export interface AuditVerifyFlags {
  readonly log?: string;
  readonly publicKey?: string;
  readonly knownHead?: string;
  readonly json?: boolean;
}

/** `pratique audit verify` */
export function auditVerify({ settings, console, now }: Context, flags: AuditVerifyFlags): ExitCode {
  const directory = flags.log ?? settings.layout.audit;
  const verification = verifyAuditLog({
    directory,
    ...(flags.publicKey !== undefined && { publicKey: flags.publicKey }),
    ...(flags.knownHead !== undefined && { knownHead: parseHead(flags.knownHead) }),
    evidence: new EvidenceStore(`${directory}/evidence`, now),
  });
  const { logId, records, forgotten, headHash, publicKey, problems } = verification;
  if (flags.json === true) {
    console.print(`${JSON.stringify(verification, undefined, 2)}\n`);
  } else if (problems.length === 0) {
    console.print(`The log is whole: ${records} records, signed by key ${fingerprint(publicKey)}\n`);
    if (forgotten > 0)
      console.print(`The first ${forgotten} of them are no longer here: the server keeps them\n`);
    console.print(`head ${logId}:${records}:${headHash}\n`);
  } else {
    console.print(
      `The log is NOT whole:\n${problems.map((problem) => `  - ${printable(problem)}\n`).join("")}`,
    );
  }
  return problems.length === 0 ? exitCodes.fine : exitCodes.refused;
}

/** As it is printed: `log id:records:hash`. */
function parseHead(text: string): Head {
  const parsed = /^(?<logId>[\w-]+):(?<sequence>\d{1,15}):(?<hash>[0-9a-f]{64})$/u.exec(text)?.groups;
  if (parsed === undefined)
    throw new CliError("USAGE", `expected LOG:RECORDS:HASH, found ${JSON.stringify(text)}`);
  const { logId = "", sequence = "", hash = "" } = parsed;
  return { logId, sequence: Number(sequence), hash };
}
