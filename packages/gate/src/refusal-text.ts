import { denials, type Launch, type Verdict, type Violation } from "@pratique/core";

/** The engine hands the text on as it is, and the command line prints it as it is. */
const MAX_BYTES = 2048;
/** Kept free for the lines that must not be cut away. */
const RESERVED_BYTES = 700;
const MAX_LINE_CHARS = 240;

const subjects = {
  create: "launch",
  start: "start",
  exec: "command",
  service: "service",
} as const satisfies Readonly<Record<Launch["action"], string>>;

export type RefusedSubject = (typeof subjects)[Launch["action"]] | "copy" | "update";

/** What a person reads who is refused: every rule, the value that broke it, the fix, and the way to an exception. */
export function refusalText(
  verdict: Verdict,
  launch: Launch,
  subject: RefusedSubject = subjects[launch.action],
): string {
  const broken = denials(verdict);
  const image = launch.image === "" ? "without an image name" : `of ${clip(launch.image)}`;
  const lines = [`policy refuses this ${subject} ${image}`];
  let bytes = 0;
  let shown = 0;
  for (const violation of broken) {
    const block = violationLines(violation);
    bytes += Buffer.byteLength(block.join("\n")) + 1;
    if (bytes > MAX_BYTES - RESERVED_BYTES) break;
    lines.push(...block);
    shown += 1;
  }
  if (shown < broken.length) lines.push(`  … and ${broken.length - shown} more; the record has all of them`);
  if (broken.length === 0) lines.push(...assessmentLines(verdict));
  lines.push(...exceptionLines(broken, launch));
  return lines.join("\n");
}

/** What a person reads when the gate could not decide, or refuses a call by itself. */
export function plainRefusal(reason: string, fix: string): string {
  return [clip(reason, MAX_LINE_CHARS * 2), `  fix:   ${fix}`].join("\n");
}

function violationLines({ policy, rule, message, value, fix }: Violation): readonly string[] {
  return [
    `  ${policy}/${rule}: ${clip(message)}`,
    ...(value === "" ? [] : [`    found: ${clip(value)}`]),
    ...(fix === "" ? [] : [`    fix:   ${clip(fix)}`]),
  ];
}

/** A verdict may deny without a rule: the image was not assessed and no policy says what then. */
function assessmentLines({ assessment }: Verdict): readonly string[] {
  const [reason] = assessment.reasons;
  return [
    `  the image was not assessed (${assessment.state})${reason === undefined ? "" : `: ${clip(reason.message)}`}`,
    "    fix:   scan the image, or pull it again so that the agent does",
  ];
}

/**
 * The command that lifts all of it. Docker's older command lines put a full stop behind the last word, so that is one
 * which has to be replaced anyway.
 */
function exceptionLines(broken: readonly Violation[], launch: Launch): readonly string[] {
  const rules = [...new Set(broken.map(({ policy, rule }) => `--rule ${policy}/${rule}`))];
  let shown = 0;
  for (let bytes = 0; shown < rules.length; shown += 1) {
    bytes += Buffer.byteLength(rules[shown] ?? "") + 1;
    if (bytes > MAX_RULES_BYTES) break;
  }
  const flags = rules.length === 0 ? "--rule POLICY/RULE" : rules.slice(0, shown).join(" ");
  const image = HARMLESS.test(launch.image) ? launch.image : "IMAGE";
  const grant = `pratique policy exception grant ${flags} --image ${image} --expires 7d --reason WHY --owner WHO`;
  const left = rules.length - shown;
  return [
    ...(left === 0 ? [] : [`  the exception needs ${left} more of --rule; the record names them`]),
    `  to ask for an exception: ${grant}`,
  ];
}

const MAX_RULES_BYTES = 360;
/** What somebody may paste into a shell without a second look. */
const HARMLESS = /^[\w.:/@-]{1,120}$/u;

/** One line, of bounded length: values come from images and requests, and may try to write lines of their own. */
function clip(text: string, maxChars: number = MAX_LINE_CHARS): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1)}…`;
}
