import { array, assert, constantFrom, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentByContainer } from "./recent-by-container.ts";

const item = (untilMs: number, bytes = 100) => ({ bytes, untilNs: untilMs * 1e6 });
const timesOf = (recent: RecentByContainer<ReturnType<typeof item>>, id: string) =>
  recent.of(id).map(({ untilNs }) => untilNs / 1e6);

describe("RecentByContainer", () => {
  it("never holds more than it may, of one container and of all, whatever comes", () => {
    const kept = tuple(constantFrom("a", "b", "c", "d"), integer({ min: 1, max: 900 }));
    assert(
      property(array(kept, { maxLength: 200 }), (items) => {
        const recent = new RecentByContainer({ maxBytes: 2000, maxTotalBytes: 5000, forMs: 50 });
        for (const [at, [id, bytes]] of items.entries()) {
          recent.keep(id, item(at, bytes));
          const sums = ["a", "b", "c", "d"].map((each) =>
            recent.of(each).reduce((sum, { bytes: own }) => sum + own, 0),
          );
          expect(Math.max(...sums)).toBeLessThanOrEqual(2000);
          expect(recent.bytes).toBe(sums.reduce((sum, own) => sum + own, 0));
          expect(recent.bytes).toBeLessThanOrEqual(5000);
          expect(recent.latest(id)?.untilNs).toBe(at * 1e6);
        }
      }),
    );
  });

  it("lets a busy container push out its own, and not what a quiet one has", () => {
    const recent = new RecentByContainer({ maxBytes: 1000, maxTotalBytes: 1500, forMs: 1e6 });
    recent.keep("quiet", item(0));
    for (let at = 1; at <= 100; at += 1) {
      recent.keep("busy", item(at));
      recent.keep("other", item(at));
    }
    expect(timesOf(recent, "quiet")).toEqual([0]);
    expect(timesOf(recent, "busy").at(-1)).toBe(100);
    expect(timesOf(recent, "busy")).not.toContain(90);
  });

  it("forgets what is too old, and first of all who has nothing else", () => {
    const recent = new RecentByContainer({ maxBytes: 1000, maxTotalBytes: 1000, forMs: 10 });
    recent.keep("a", item(0));
    recent.keep("a", item(5));
    recent.keep("a", item(12));
    expect(timesOf(recent, "a")).toEqual([5, 12]);
    for (let at = 30; at < 39; at += 1) recent.keep("b", item(at));
    expect([...recent.containers()]).toEqual(["b"]);
    expect(recent.bytes).toBe(900);
  });
});
