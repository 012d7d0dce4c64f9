import { Label } from "@patternfly/react-core";
import type { ReplyOf, showHealth } from "@pratique/api";
import { Fact, Facts } from "./facts.tsx";

export type Component = ReplyOf<typeof showHealth>["components"][number];

const states = {
  ok: { status: "success", text: "Works" },
  degraded: { status: "warning", text: "Degraded" },
  down: { status: "danger", text: "Down" },
} as const satisfies Record<Component["state"], object>;

/** Whether a part of the installation works. */
export function ComponentLabel({ state }: Pick<Component, "state">) {
  const { status, text } = states[state];
  return (
    <Label isCompact status={status}>
      {text}
    </Label>
  );
}

/** A part of the installation, with its numbers. */
export function ComponentFacts({ component: { name, detail, values } }: { readonly component: Component }) {
  return (
    <div className="panel">
      {detail !== "" && <p>{detail}</p>}
      <Facts label={name}>
        {Object.entries(values).map(([key, value]) => (
          <Fact key={key} term={wordsOf(key)}>
            <span className="break">{typeof value === "number" ? value.toLocaleString("en") : value}</span>
          </Fact>
        ))}
      </Facts>
    </div>
  );
}

/** `oldestAgeSeconds`: `Oldest age seconds`. */
function wordsOf(key: string): string {
  const words = key.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`).replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
