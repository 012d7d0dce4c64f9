/** What was typed: labels, or the first line that is none. */
export type TypedLabels =
  | { readonly kind: "labels"; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "malformed"; readonly line: string };

/** Reads labels as people type them: `name=value`, one on a line. Of two with one name the last counts. */
export function parseLabels(text: string): TypedLabels {
  const labels = new Map<string, string>();
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "") continue;
    const { name, value } = /^(?<name>[^=\s]+)\s*=\s*(?<value>.*)$/u.exec(line)?.groups ?? {};
    if (name === undefined || value === undefined) return { kind: "malformed", line };
    labels.set(name, value);
  }
  return { kind: "labels", labels: Object.fromEntries(labels) };
}
