import "../runtime.css";
import { Label } from "@patternfly/react-core";
import type { ResponseEntry } from "@pratique/api";
import { formatDuration, formatTime } from "../../text/format.ts";
import { responseEventWords } from "../../text/response-event.ts";
import { RelativeTime } from "../relative-time.tsx";
import { ProofLabel } from "./response-columns.tsx";

/** What was done about a container, one thing after the other. */
export function ResponseEvents({ responses }: { readonly responses: readonly ResponseEntry[] }) {
  const inOrder = responses.toSorted((left, right) => left.time.localeCompare(right.time));
  return (
    <ol className="event-list" aria-label="Responses">
      {inOrder.map((response) => (
        <li key={response.id}>
          <ResponseHead response={response} />
          <div className="break">{sentenceOf(response)}</div>
        </li>
      ))}
    </ol>
  );
}

function ResponseHead({ response: { time, event, tookMs, proved } }: { readonly response: ResponseEntry }) {
  return (
    <div className="label-row">
      <span className="strong">{responseEventWords(event)}</span>
      {tookMs !== undefined && <Label isCompact variant="outline">{`took ${formatDuration(tookMs)}`}</Label>}
      <ProofLabel proved={proved} />
      <span className="subtle">
        <RelativeTime time={time} />, {formatTime(time)}
      </span>
    </div>
  );
}

function sentenceOf({ action, container, outcome, reason, decidedBy }: ResponseEntry): string {
  const what = [action, container].filter((part) => part !== "").join(" ");
  const parts = [what, outcome, reason, decidedBy === "" ? "" : `decided by ${decidedBy}`];
  return parts.filter((part) => part !== "").join("; ");
}
