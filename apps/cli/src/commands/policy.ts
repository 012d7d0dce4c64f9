import { existsSync } from "node:fs";
import path from "node:path";
import { readDocument, readDocuments, readPolicyFiles, replaceFile, ServerPolicies } from "@pratique/agent";
import { AuditLog } from "@pratique/audit";
import { isDigest, type PolicyException, parseImageTarget } from "@pratique/core";
import {
  defaultPolicies,
  explain,
  formatException,
  formatProblem,
  imageFactsOf,
  lint,
  loadPolicies,
  type PolicyDocument,
  type RuleExplanation,
  runTests,
} from "@pratique/policy";
import { printable, renderVerdict } from "@pratique/report";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { policyDocuments, readPlaces } from "../images/policy-documents.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { tellAgent } from "../tell-agent.ts";

/** `pratique policy lint [FILE…]` */
export function policyLint(
  context: Context,
  files: readonly string[],
  flags: { readonly json?: boolean },
): ExitCode {
  const { console, now } = context;
  const documents =
    files.length > 0 ? readPlaces(files) : readPolicyFiles(context.settings.layout.policies).documents;
  const problems = lint(documents, { now: now() });
  if (flags.json === true) console.print(`${JSON.stringify({ problems }, undefined, 2)}\n`);
  else
    for (const problem of problems) console.print(`${problem.level}: ${printable(formatProblem(problem))}\n`);
  const errors = problems.filter(({ level }) => level === "error").length;
  console.say(`${documents.length} files, ${errors} errors, ${problems.length - errors} warnings`);
  return errors === 0 ? exitCodes.fine : exitCodes.refused;
}

/** `pratique policy built-in`: what holds where there is no policy, to be kept beside one's own. */
export function policyBuiltIn({ console }: Context, flags: { readonly json?: boolean }): ExitCode {
  if (flags.json === true) {
    console.print(`${JSON.stringify({ documents: defaultPolicies }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  console.print(defaultPolicies.map(({ text }) => `${text.trim()}\n`).join("---\n"));
  return exitCodes.fine;
}

/** `pratique policy test FILE…` */
export function policyTest(
  { console }: Context,
  files: readonly string[],
  flags: { readonly json?: boolean },
): ExitCode {
  const results = runTests(readPlaces(files));
  if (results.length === 0) throw new CliError("USAGE", "the files hold no policy test");
  if (flags.json === true) {
    console.print(`${JSON.stringify({ results }, undefined, 2)}\n`);
  } else {
    for (const { passed, test, case: name, differences } of results) {
      console.print(`${passed ? "ok    " : "FAILED"} ${printable(`${test}: ${name}`)}\n`);
      for (const difference of differences) console.print(`         ${printable(difference)}\n`);
    }
  }
  const failed = results.filter(({ passed }) => !passed).length;
  console.say(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? exitCodes.fine : exitCodes.refused;
}

export interface ExplainFlags extends ScannerFlags {
  readonly policy?: readonly string[];
  readonly json?: boolean;
}

/** `pratique policy explain IMAGE` */
export async function policyExplain(context: Context, image: string, flags: ExplainFlags): Promise<ExitCode> {
  const { now, console } = context;
  const set = loadPolicies(policyDocuments(context, flags.policy ?? []));
  await using scanner = new Scanner(context, { ...flags, asked: set.sought });
  const facts = imageFactsOf(await scanner.scan(parseImageTarget(image)));
  const explanation = explain(set, { stage: "build", image: facts, now: now() });
  if (flags.json === true) {
    console.print(`${JSON.stringify(explanation, undefined, 2)}\n`);
  } else {
    for (const rule of explanation.rules) console.print(explainRule(rule));
    console.print(`\n${renderVerdict(explanation.verdict, console.look)}`);
  }
  return explanation.verdict.decision === "allow" ? exitCodes.fine : exitCodes.refused;
}

function explainRule({ policy, rule, outcome, description, inputs }: RuleExplanation): string {
  const title = `${outcome.padEnd(12)} ${policy}/${rule}${description === "" ? "" : `: ${description}`}\n`;
  const shown = outcome === "other-stage" ? [] : inputs;
  return `${printable(title.trimEnd())}\n${shown.map(({ name, value }) => `             ${printable(`${name} = ${value}`)}\n`).join("")}`;
}

export interface GrantFlags {
  readonly rule: readonly string[];
  readonly image: readonly string[];
  readonly digest: readonly string[];
  readonly vulnerability: readonly string[];
  readonly secret: readonly string[];
  readonly license: readonly string[];
  readonly host: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  readonly json?: boolean;
}

/** `pratique policy exception grant` */
export async function exceptionGrant(context: Context, flags: GrantFlags): Promise<ExitCode> {
  const { settings, console, now, userId } = context;
  const exception = exceptionOf(flags, now());
  const file = exceptionFile(settings.layout.policies, exception.id);
  const text = formatException(exception);
  // Read back by the reader that the gate uses: what is written will be understood.
  loadPolicies([...readDocuments(settings.layout.policies), { path: file, text }]);
  const warnings = warningsOf(context, { path: file, text });
  using audit = new AuditLog({ directory: settings.layout.audit, now });
  audit.append({
    class: "exception",
    action: "exception.granted",
    actor: `uid:${userId}`,
    data: { id: exception.id, text },
  });
  replaceFile(file, text);
  await tellAgent(context);
  // Of one that is not granted, why is all that counts.
  for (const warning of warnings) console.say(`warning: ${warning}`);
  console.print(
    flags.json === true ? `${JSON.stringify({ exception, file }, undefined, 2)}\n` : `${exception.id}\n`,
  );
  console.say(`granted until ${exception.expires}; it lies in ${file}`);
  return exitCodes.fine;
}

/** That it ends soon is what was asked for; that it lifts nothing, or everything, may not be. */
function warningsOf({ settings, now }: Context, exception: PolicyDocument): readonly string[] {
  const { policies, serverPolicies } = settings.layout;
  const sent = new ServerPolicies(serverPolicies).current.documents;
  const others = [...readPolicyFiles(policies).documents, ...sent];
  return lint([...others, exception], { now: now() })
    .filter(({ file, path: place }) => file === exception.path && place !== "spec.expires")
    .map(({ message }) => message);
}

/** `pratique policy exception list` */
export function exceptionList(
  { settings, console, now }: Context,
  flags: { readonly json?: boolean },
): ExitCode {
  const { exceptions } = loadPolicies(readDocuments(settings.layout.policies));
  if (flags.json === true) {
    console.print(`${JSON.stringify({ exceptions }, undefined, 2)}\n`);
    return exitCodes.fine;
  }
  if (exceptions.length === 0) console.say("There are no exceptions.");
  for (const { id, rules, owner, expires, reason } of exceptions) {
    const state = new Date(expires) <= now() ? "expired" : "until";
    const line = `${id}  ${rules.join(", ")}  ${state} ${expires.slice(0, 16)}  ${owner}: ${reason}`;
    console.print(`${printable(line)}\n`);
  }
  return exitCodes.fine;
}

/** `pratique policy exception revoke ID` */
export async function exceptionRevoke(
  context: Context,
  id: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { settings, now, userId, console } = context;
  const file = exceptionFile(settings.layout.policies, id);
  if (!existsSync(file))
    throw new CliError("USAGE", `there is no exception ${JSON.stringify(id)} that was granted here`);
  const { text } = readDocument(file);
  using audit = new AuditLog({ directory: settings.layout.audit, now });
  audit.append({
    class: "exception",
    action: "exception.revoked",
    actor: `uid:${userId}`,
    data: { id, text },
  });
  // Emptied first, in one step: a reader sees the exception or a file without one.
  replaceFile(file, "");
  await tellAgent(context);
  if (flags.json === true) console.print(`${JSON.stringify({ revoked: id }, undefined, 2)}\n`);
  else console.say(`${id} is revoked`);
  return exitCodes.fine;
}

function exceptionOf(flags: GrantFlags, now: Date): PolicyException {
  const bad = flags.digest.find((digest) => !isDigest(digest));
  if (bad !== undefined)
    throw new CliError("USAGE", `expected a digest sha256:…, found ${JSON.stringify(bad)}`);
  const { image, digest, vulnerability, secret, license, host, reason, owner } = flags;
  if ([image, digest, vulnerability, secret, license, host].every(({ length }) => length === 0)) {
    throw new CliError("USAGE", "nothing is said of what may pass", {
      hint: "name it with --image, --digest, --vulnerability, --secret, --license or --host",
    });
  }
  if (reason === "" || owner === "")
    throw new CliError("USAGE", "expected words after --reason and --owner, found none");
  return {
    id: `ex-${now.getTime().toString(36)}`,
    rules: flags.rule,
    scope: {
      ...(image.length > 0 && { images: image }),
      ...(digest.length > 0 && { digests: digest }),
      ...(vulnerability.length > 0 && { vulnerabilities: vulnerability }),
      ...(secret.length > 0 && { secrets: secret }),
      ...(license.length > 0 && { licenses: license }),
      ...(host.length > 0 && { hosts: host }),
    },
    reason,
    owner,
    expires: expiryOf(flags.expires, now).toISOString(),
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A length of time from now (`12h`, `7d`, `2w`), or a moment. */
function expiryOf(text: string, now: Date): Date {
  const { count = "", unit = "" } = /^(?<count>\d{1,4})(?<unit>[hdw])$/u.exec(text)?.groups ?? {};
  const moment =
    count === "" ? new Date(text) : new Date(now.getTime() + Number(count) * (UNITS_MS[unit] ?? 0));
  if (Number.isNaN(moment.getTime()) || moment <= now) {
    throw new CliError(
      "USAGE",
      `expected a time to come, such as 7d or 2027-01-31, found ${JSON.stringify(text)}`,
    );
  }
  return moment;
}

/** Ids are file names here: they may hold nothing that leads elsewhere. */
function exceptionFile(directory: string, id: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,60}$/u.test(id))
    throw new CliError("USAGE", `malformed exception ${JSON.stringify(id)}`);
  return path.join(directory, `exception-${id}.yaml`);
}
