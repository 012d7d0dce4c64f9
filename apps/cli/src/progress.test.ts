import { expect, it } from "vitest";
import { Progress } from "./progress.ts";
import { recordedConsole } from "./testdata/recorded-console.ts";

it("draws how much of how much", () => {
  const console = recordedConsole({ showsProgress: true });
  let now = 1000;
  const progress = new Progress(console, () => now);
  progress.show("reading", 3_000_000, 12_000_000);
  now += 100;
  progress.show("reading", 500, undefined);
  expect(console.drawn).toEqual([
    `reading  ${"━".repeat(6)}${"─".repeat(18)}  25 %  3.0 MB of 12 MB`,
    "reading  1 kB",
  ]);
});

it("never shows more than the whole", () => {
  const console = recordedConsole({ showsProgress: true });
  new Progress(console, () => 1000).show("reading", 30, 20);
  expect(console.drawn[0]).toContain("100 %");
});

it("draws no oftener than can be seen", () => {
  const console = recordedConsole({ showsProgress: true });
  let now = 1000;
  const progress = new Progress(console, () => now);
  for (let step = 0; step < 100; step += 1) {
    progress.show("reading", step, 100);
    now += 10;
  }
  expect(console.drawn.length).toBeGreaterThan(5);
  expect(console.drawn.length).toBeLessThan(15);
});

it("takes away what it has drawn, and nothing else", () => {
  const console = recordedConsole({ showsProgress: true });
  {
    using progress = new Progress(console, () => 1000);
    progress.show("reading", 1, 2);
  }
  expect(console.drawn.at(-1)).toBe("");
  const silent = recordedConsole({ showsProgress: true });
  new Progress(silent, () => 1000)[Symbol.dispose]();
  expect(silent.drawn).toEqual([]);
});

it("is silent without a terminal", () => {
  const console = recordedConsole();
  {
    using progress = new Progress(console, () => 1000);
    progress.show("reading", 1, 2);
  }
  expect(console.drawn).toEqual([]);
});
