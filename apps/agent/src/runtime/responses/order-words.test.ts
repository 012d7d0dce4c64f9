import type { ResponseOutcome } from "@pratique/response";
import { expect, it } from "vitest";
import { orderResultOf } from "./order-words.ts";

const outcome: ResponseOutcome = {
  kind: "acted",
  container: { id: "c1", runtime: "docker", name: "web", image: "nginx" },
  asked: "quarantine",
  action: "quarantine",
  actId: "a-1",
  trigger: undefined,
  decidedBy: "person ann",
  reason: "it mines",
  spared: undefined,
  demotions: [],
  flows: [],
  steps: [],
  proof: { result: "proved", because: "", checks: [], atMs: 40 },
  evidence: undefined,
  first: undefined,
  tookMs: 41.7,
};
const failedStep = { name: "pause", outcome: "timed-out", detail: "no answer", atMs: 1, tookMs: 1 } as const;
const unproved = { result: "not-proved", because: "a socket is left", checks: [], atMs: 1 } as const;
const lacking = [{ from: "quarantine", to: "report", because: "this host lacks pause" }] as const;

it.each<[string, Partial<ResponseOutcome>, string, string]>([
  ["what was proved", {}, "done", "web: quarantine was done in 42 ms, proved (act a-1)"],
  [
    "what is not proved",
    { proof: unproved },
    "not-proved",
    "web: quarantine was done in 42 ms, not proved: a socket is left (act a-1)",
  ],
  [
    "what was done in part",
    { steps: [failedStep] },
    "not-proved",
    "web: quarantine was done in 42 ms, pause timed-out: no answer; proved (act a-1)",
  ],
  ["what was in force", { kind: "already" }, "done", "web: quarantine is in force already (act a-1)"],
  [
    "what the host cannot do",
    { kind: "failed", demotions: lacking },
    "not-done",
    "nothing was done about web: quarantine: this host lacks pause",
  ],
  [
    "whom nothing is done about",
    { kind: "reported", spared: "it is a container of our own" },
    "not-done",
    "nothing was done about web: it is a container of our own",
  ],
  [
    "who is gone",
    { kind: "gone" },
    "not-done",
    "nothing was done about web: there is no such container any more",
  ],
  [
    "who is waited for",
    { kind: "busy" },
    "not-done",
    "nothing was done about web: too many other responses wait for it",
  ],
])("says in one line %s", (_, more, state, text) => {
  const act = state === "not-done" ? undefined : "a-1";
  expect(orderResultOf({ ...outcome, ...more })).toEqual({ state, text, act });
});
