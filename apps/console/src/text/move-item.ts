/** The list with one item moved by so many places; as it was where that leads out of it. */
export function moveItem<Item>(items: readonly Item[], from: number, by: number): readonly Item[] {
  const to = from + by;
  const item = items[from];
  if (item === undefined || to < 0 || to >= items.length) return items;
  return items.toSpliced(from, 1).toSpliced(to, 0, item);
}
