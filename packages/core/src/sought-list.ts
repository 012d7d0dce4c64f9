/** Lists of a report that are there only where somebody asked for them. */
export const soughtLists = ["secrets", "licenses"] as const;

export type SoughtList = (typeof soughtLists)[number];

/**
 * Names, for each list, the rules by which it is made: in which version an image is looked through for secrets, and copyright
 * files and texts of licences are read. Raised when the same image gives other ones: what older rules found is then looked
 * for again.
 */
export const soughtRevisions: Readonly<Record<SoughtList, number>> = { secrets: 4, licenses: 4 };

/** Whether a report, or what is kept of one, answers all that is asked for. */
export function hasSought(
  told: { readonly [List in SoughtList]?: unknown },
  sought: Iterable<SoughtList>,
): boolean {
  return [...sought].every((list) => told[list] !== undefined);
}
