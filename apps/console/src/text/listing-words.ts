/** Whose list names a peer, and as what where that is not how it is called already. */
export function listingWords(
  { value, source }: { readonly value: string; readonly source: string },
  called: string,
): string {
  return `listed by ${source}${value === called ? "" : ` as ${value}`}`;
}
