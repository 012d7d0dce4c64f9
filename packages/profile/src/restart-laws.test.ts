import type { RuntimeEvent } from "@pratique/core";
import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { item } from "./item.ts";
import { ImageLearner } from "./learning.ts";
import { beginLearning } from "./learning-state.ts";
import { image, letters } from "./testdata/arbitrary-profile.ts";
import { connectionOf, detectionOf, eventOf, executionOf, processOf, writeOf } from "./testdata/events.ts";

const HOUR = 3_600_000;
const options = { host: "host1", sight: { systemCalls: "some", capabilities: "implied" } } as const;
const shell = processOf({ pid: 2000, exePath: "/bin/sh", startedAt: 500 });
const child = processOf({ pid: 2001, exePath: "/bin/id", parent: shell, startedAt: 600 });
const events = [
  executionOf("/bin/sh", { process: shell }),
  executionOf("/bin/id", { process: child }),
  ...Array.from({ length: 150 }, (_, place) => writeOf(`/srv/${letters(place)}/x`)),
  connectionOf("192.0.2.1"),
  eventOf("container"),
];

it("a restart changes nothing, whatever happened before", () => {
  const steps = array(constantFrom<string | RuntimeEvent>("detect", "advance", "reject", ...events), {
    maxLength: 200,
    size: "max",
  });
  assert(
    property(steps, (sequence) => {
      let restarted = new ImageLearner(options, beginLearning(image));
      const steady = new ImageLearner(options, beginLearning(image));
      for (const [place, step] of sequence.entries()) {
        for (const one of [restarted, steady]) {
          if (step === "detect") one.detected(detectionOf("warning", shell.pid));
          else if (step === "advance") one.advance(place * HOUR);
          else if (step === "reject") one.reject(item("port", "tcp/443"), "ada", place);
          else if (typeof step !== "string") one.observe({ ...step, time: place * HOUR });
        }
        restarted = ImageLearner.restore(options, JSON.parse(JSON.stringify(restarted.toDocument())));
      }
      expect(restarted.toDocument()).toEqual(steady.toDocument());
      expect(restarted.status()).toEqual(steady.status());
    }),
    { numRuns: 40 },
  );
});
