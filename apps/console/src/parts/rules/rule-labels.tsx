import { Label } from "@patternfly/react-core";
import type { RuleEntry } from "@pratique/api";
import type { Enforceability } from "@pratique/core";
import { Link } from "@tanstack/react-router";
import { EnforceabilityLabel } from "./enforceability-label.tsx";

const origins = {
  default: "Default rule",
  hardened: "Hardened rule",
  server: "The server's",
  host: "A host's own",
} as const satisfies Record<RuleEntry["origin"], string>;

const states = {
  on: { look: { status: "success" }, text: "On" },
  off: { look: { color: "grey" }, text: "Off" },
  partly: { look: { status: "warning" }, text: "On in part" },
} as const satisfies Record<RuleEntry["state"], object>;

/** The choices of filters. */
export const originOptions = Object.entries(origins).map(([value, text]) => ({ value, text }));
export const ruleStateOptions = Object.entries(states).map(([value, { text }]) => ({ value, text }));

/** From the best to nothing. */
const ways: readonly Enforceability[] = ["prevents", "kills", "detects", "off"];

/** Whether a rule is on, by what the files say. */
export function RuleStateLabel({ state }: Pick<RuleEntry, "state">) {
  const { look, text } = states[state];
  return (
    <Label isCompact {...look}>
      {text}
    </Label>
  );
}

/** Who wrote a rule, and who changes it. */
export function RuleOrigin({ rule: { origin, ruleFile, changedBy } }: { readonly rule: RuleEntry }) {
  return (
    <>
      {ruleFile === null ? (
        <Label isCompact variant="outline">
          {origins[origin]}
        </Label>
      ) : (
        <RuleFileLink file={ruleFile} />
      )}
      {changedBy.map((file) => (
        <div key={file} className="subtle">
          changed by <RuleFileLink file={file} />
        </div>
      ))}
    </>
  );
}

/** Leads to a file of rules. */
export function RuleFileLink({ file }: { readonly file: string }) {
  return (
    <Link to="/rules/files/$file" params={{ file }} className="break">
      {file}
    </Link>
  );
}

/** Leads to a rule. */
export function RuleLink({ rule }: { readonly rule: string }) {
  return (
    <Link to="/rules/named/$rule" params={{ rule }} className="strong break">
      {rule}
    </Link>
  );
}

/** How many hosts do what by a rule. */
export function RuleHosts({ hosts }: Pick<RuleEntry, "hosts">) {
  const told = ways.filter((how) => hosts[how] > 0);
  if (told.length === 0) return <span className="subtle">no host has told</span>;
  return (
    <span className="label-row">
      {told.map((how) => (
        <EnforceabilityLabel key={how} how={how} of={hosts[how].toLocaleString("en")} />
      ))}
    </span>
  );
}
