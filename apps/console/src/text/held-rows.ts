/** Rows that stay where they are, and how many wait to be shown among them. */
export interface HeldRows<Item> {
  readonly rows: readonly Item[];
  readonly waiting: number;
}

/**
 * What a list shows while its rows may not move, because others have come in between or above them: those that were
 * shown, as they are now. Undefined where nothing of the kind has happened: where none came in, where all that did
 * stand below, and where rows went away or changed their order, which is told at once.
 */
export function holdRows<Item>(
  shown: readonly Item[],
  fresh: readonly Item[],
  keyOf: (item: Item) => string,
): HeldRows<Item> | undefined {
  const known = new Set(shown.map(keyOf));
  const stayed = fresh.filter((item) => known.has(keyOf(item)));
  const moved = stayed.some((item, index) => fresh[index] !== item);
  const inOrder = stayed.every((item, index) => keyOf(item) === keyOf(shown[index] ?? item));
  // As many as came in may have been pushed off the end of the page.
  const pushedOff = shown.length - stayed.length;
  const waiting = fresh.length - stayed.length;
  if (!moved || !inOrder || pushedOff > waiting) return undefined;
  return { rows: shown.map((item, index) => stayed[index] ?? item), waiting };
}
