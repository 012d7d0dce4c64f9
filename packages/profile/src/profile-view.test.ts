import { expect, it } from "vitest";
import { ImageLearner } from "./learning.ts";
import { beginLearning } from "./learning-state.ts";
import { itemViewsOf, summarize, viewOf } from "./profile-view.ts";
import { image } from "./testdata/arbitrary-profile.ts";
import { connectionOf, executionOf } from "./testdata/events.ts";

const options = { host: "host1", sight: { systemCalls: "some", capabilities: "implied" } } as const;
const DAY = 86_400_000;

function watching(): ImageLearner {
  const learner = new ImageLearner(options, beginLearning(image));
  learner.observe(executionOf("/bin/app"), { executableLayer: "added" });
  learner.advance(1000 + DAY);
  learner.observe(connectionOf("192.0.2.1", 443, { time: 2 * DAY }));
  return learner;
}

it("sums up a profile before anything was learned", () => {
  expect(summarize(new ImageLearner(options, beginLearning(image)))).toEqual({
    image,
    mode: "learn",
    waitsFor: "the first event",
    openDeviations: 0,
    withheld: 0,
    counts: {},
    openKinds: [],
    containers: 0,
    hosts: 0,
  });
});

it("sums up a profile that is watched", () => {
  expect(summarize(watching())).toMatchObject({
    mode: "watch",
    since: 1000 + DAY,
    waitsFor: "a person",
    openDeviations: 3,
    counts: { executable: 1, parent: 1, syscall: 1, user: 1 },
    containers: 1,
    hosts: 1,
  });
});

it("shows what is open, and items as people read them", () => {
  const learner = watching();
  expect(viewOf(learner)).toMatchObject({ settings: { learnMs: DAY }, sight: options.sight });
  expect(viewOf(learner).open.map(({ item: { kind } }) => kind)).toEqual(["syscall", "peer", "port"]);
  expect(itemViewsOf(learner, "executable")).toMatchObject([{ text: "/bin/app (not from the image)" }]);
});
