import { Label } from "@patternfly/react-core";
import type { ReplyOf, showHealth } from "@pratique/api";
import { z } from "zod";
import { healthTermOf } from "../text/health-value.ts";
import { Fact, Facts } from "./facts.tsx";
import { RelativeTime } from "./relative-time.tsx";

export type Component = ReplyOf<typeof showHealth>["components"][number];

/** What a part tells of a moment. */
const instant = z.iso.datetime();

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
        {Object.entries(values).map(([key, value]) => {
          const { term, unit } = healthTermOf(key);
          return (
            <Fact key={key} term={term}>
              <Value value={value} /> {unit}
            </Fact>
          );
        })}
      </Facts>
    </div>
  );
}

function Value({ value }: { readonly value: number | string }) {
  if (typeof value === "number") return value.toLocaleString("en");
  if (instant.safeParse(value).success) return <RelativeTime time={value} />;
  return <span className="break">{value}</span>;
}
