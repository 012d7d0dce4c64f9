/** A piece of a text: the name of a vulnerability, or what stands between two. */
interface TextPart {
  readonly kind: "vulnerability" | "text";
  readonly text: string;
  /** Where in the text it begins. */
  readonly at: number;
}

/** Where a text names vulnerabilities by their CVE. The parts put together are the text. */
export function vulnerabilitiesIn(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const { 0: name, index } of text.matchAll(/\bCVE-\d{4}-\d{4,19}\b/gu)) {
    if (index > at) parts.push({ kind: "text", text: text.slice(at, index), at });
    parts.push({ kind: "vulnerability", text: name, at: index });
    at = index + name.length;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at), at });
  return parts;
}
