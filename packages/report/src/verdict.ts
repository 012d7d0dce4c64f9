import { denials, type Verdict, type Violation } from "@pratique/core";
import { type Look, paint, printable } from "./style.ts";

/** A verdict for people: the decision first, then each broken rule with value, fix and what to do. */
export function renderVerdict(verdict: Verdict, { color }: Look): string {
  const denied = verdict.decision === "deny";
  const word = denied ? paint(["bold", "red"], "DENY", color) : paint(["bold", "green"], "ALLOW", color);
  const lines = [`${word}  ${printable(verdict.subject.image)}`];
  for (const violation of verdict.violations) lines.push("", ...violationLines(violation, color));
  if (denied && denials(verdict).length > 0) {
    lines.push("", "To let it pass for a while: pratique policy exception grant --help");
  }
  return `${lines.join("\n")}\n`;
}

function violationLines(violation: Violation, color: boolean): readonly string[] {
  const { policy, rule, message, value, fix } = violation;
  return [
    `  ${markOf(violation, color)} ${paint("bold", printable(`${policy}/${rule}`), color)}: ${printable(message)}`,
    ...(value === "" ? [] : [`      found: ${printable(value)}`]),
    ...(fix === "" ? [] : [`      fix:   ${printable(fix)}`]),
    ...(violation.waivedBy === undefined
      ? []
      : [`      lifted by exception ${printable(violation.waivedBy)}`]),
  ];
}

function markOf({ enforcement, waivedBy }: Violation, color: boolean): string {
  if (waivedBy !== undefined) return paint("gray", "waived", color);
  switch (enforcement) {
    case "enforce":
      return paint("red", "denied", color);
    case "warn":
      return paint("yellow", "warned", color);
    case "dry-run":
      return paint("gray", "dry run", color);
  }
}
