import type { Scope } from "@pratique/core";

/** A part of the fleet in words: `hosts web-* with env production or staging, and images of ghcr.io/acme/*`. */
export function scopeWords({ hosts, labels, registries }: Scope): string {
  const labelWords = Object.entries(labels ?? {}).map(([key, values]) => `${key} ${either(values)}`);
  const parts: string[] = [];
  if (hosts !== undefined || labelWords.length > 0) {
    const names = hosts === undefined ? "hosts" : `the hosts ${either(hosts)}`;
    parts.push(labelWords.length === 0 ? names : `${names} with ${labelWords.join(" and ")}`);
  }
  if (registries !== undefined) parts.push(`images from ${either(registries)}`);
  return parts.length === 0
    ? "everywhere"
    : `on ${parts.join(", and there only for ")}`.replace("on images", "for images");
}

/** `Ann is operator on the hosts web-*.` */
export function grantWords(holder: string, role: string, scope: Scope, expiresAt: string | null): string {
  const until = expiresAt === null ? "" : `, until ${expiresAt.slice(0, 10)}`;
  return `${holder} is ${role} ${scopeWords(scope)}${until}.`;
}

/** Splits what was typed: patterns are divided by commas or line ends. */
export function splitPatterns(text: string): readonly string[] {
  return text
    .split(/[,\n]/u)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function either(values: readonly string[]): string {
  if (values.length < 2) return values[0] ?? "none";
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
