import type { ResponseOutcome } from "@pratique/response";

/** What came of a person's order, for a person. */
export interface OrderResult {
  /** `done`: it is in force, and proved where there is something to prove. `not-proved`: it is in force as far as is known. */
  readonly state: "done" | "not-proved" | "not-done";
  /** One line. */
  readonly text: string;
  /** For `release`; undefined where nothing is in force. */
  readonly act: string | undefined;
}

/** Says what came of an order. */
export function orderResultOf(outcome: ResponseOutcome): OrderResult {
  const { kind, action, actId: act, container, spared } = outcome;
  const name = container?.name ?? "the container";
  const nothing = (because: string): OrderResult => ({
    state: "not-done",
    text: `nothing was done about ${name}: ${because}`,
    act: undefined,
  });
  switch (kind) {
    case "acted":
      return acted(outcome, name);
    case "already":
      return { state: "done", text: `${name}: ${action} is in force already (act ${act})`, act };
    case "gone":
      return nothing("there is no such container any more");
    case "busy":
      return nothing("too many other responses wait for it");
    case "failed":
      return nothing(reasonsIn(outcome));
    case "reported":
    case "recorded":
    case "dry-run":
      return nothing(spared ?? reasonsIn(outcome));
  }
}

function acted({ action, actId: act, proof, steps, tookMs }: ResponseOutcome, name: string): OrderResult {
  const failed = steps
    .filter(({ outcome }) => outcome !== "done")
    .map((step) => `${step.name} ${step.outcome}: ${step.detail}`);
  const isProved = proof?.result !== "not-proved" && failed.length === 0;
  const words = [
    ...failed,
    proof?.result === "not-proved" ? `not proved: ${proof.because}` : "",
    proof?.result === "proved" ? "proved" : "",
  ].filter((each) => each !== "");
  const how = words.length === 0 ? "" : `, ${words.join("; ")}`;
  return {
    state: isProved ? "done" : "not-proved",
    text: `${name}: ${action} was done in ${Math.round(tookMs)} ms${how} (act ${act})`,
    act,
  };
}

function reasonsIn({ demotions }: ResponseOutcome): string {
  return demotions.map(({ from, because }) => `${from}: ${because}`).join("; ") || "it just failed";
}
