/** Does something for each item, a few at a time, in order. Rejects with the first error, when all have ended. */
export async function forEachBounded<Item>(
  items: readonly Item[],
  concurrency: number,
  action: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      try {
        await action(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, work));
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
}
