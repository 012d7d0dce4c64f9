/** How long a reference may be before its middle is left out, in characters. */
const MOST = 80;
/** Where an image comes from stands at the beginning. */
const KEPT_FIRST = 24;
const DIGEST = "@sha256:";
const DIGEST_LENGTH = 64;
const DIGEST_KEPT = 12;

/** The name of an image where there is little room: of a long one the beginning, and the end with name and tag. */
export function shortReference(reference: string): string {
  const brief = withShortDigest(reference);
  if (brief.length <= MOST) return brief;
  const last = MOST - KEPT_FIRST - 1;
  return `${brief.slice(0, KEPT_FIRST)}…${brief.slice(-last)}`;
}

function withShortDigest(reference: string): string {
  const at = reference.lastIndexOf(DIGEST);
  if (at < 0 || reference.length !== at + DIGEST.length + DIGEST_LENGTH) return reference;
  return `${reference.slice(0, at + DIGEST.length + DIGEST_KEPT)}…`;
}
