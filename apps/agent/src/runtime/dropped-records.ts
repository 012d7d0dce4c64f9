/**
 * How many records the native sensor has lost, by its message `counters`: what found no room in the kernel
 * (`events.lost`), and what nobody read in time (`unsent`), each by kind. Other counters are of other things.
 */
export function droppedRecords(counters: unknown): number {
  return sumOf(member(member(counters, "events"), "lost")) + sumOf(member(counters, "unsent"));
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function sumOf(byKind: unknown): number {
  if (typeof byKind !== "object" || byKind === null) return 0;
  return Object.values(byKind).reduce(
    (sum: number, count) => sum + (typeof count === "number" ? count : 0),
    0,
  );
}
