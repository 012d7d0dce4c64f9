import { Button, Form } from "@patternfly/react-core";
import { type DetectionEntry, listDetections, reviewDetection, showDetection } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import {
  type ReviewState,
  type ReviewVerdict,
  reviewStateOptions,
  reviewStateText,
  reviewVerdictOptions,
  reviewVerdictText,
} from "../../text/review-words.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Fact, Facts } from "../facts.tsx";
import { FormField } from "../form-field.tsx";
import { StatusLabel } from "../hosts/host-labels.tsx";
import { OptionField } from "../option-field.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";

interface DetectionProps {
  readonly detection: DetectionEntry;
}

/** What people say of a detection, and the way to say it for those who may. */
export function DetectionReview({ detection }: DetectionProps) {
  const may = useMay()("detections.review");
  const [editing, setEditing] = useState(false);
  return (
    <Section
      title="What people say of it"
      aside={
        may !== undefined &&
        !editing && (
          <Button variant="secondary" onClick={() => setEditing(true)}>
            Review
          </Button>
        )
      }
    >
      {editing ? (
        <ReviewForm detection={detection} onClose={() => setEditing(false)} />
      ) : (
        <Said detection={detection} />
      )}
    </Section>
  );
}

function Said({ detection: { state, review } }: DetectionProps) {
  return (
    <Facts label="What people say of it">
      <Fact term="State">
        <ReviewStateLabel state={state} />
      </Fact>
      {review !== null && (
        <>
          <Fact term="It was">
            {review.verdict === undefined ? "not known yet" : reviewVerdictText(review.verdict)}
          </Fact>
          {review.note !== "" && (
            <Fact term="Note">
              <span className="break">{review.note}</span>
            </Fact>
          )}
          <Fact term="By">
            {review.by} <RelativeTime time={review.at} />
          </Fact>
        </>
      )}
    </Facts>
  );
}

/** Where people are with a detection. */
export function ReviewStateLabel({ state }: { readonly state: ReviewState }) {
  return <StatusLabel status={state === "open" ? "warning" : "success"} text={reviewStateText(state)} />;
}

const unknown = { value: "", text: "Not known yet" } as const;

function ReviewForm({ detection, onClose }: DetectionProps & { readonly onClose: () => void }) {
  const { id, state: before, review } = detection;
  const [state, setState] = useState<ReviewState>(before === "open" ? "acknowledged" : before);
  const [verdict, setVerdict] = useState<ReviewVerdict | "">(review?.verdict ?? "");
  const [note, setNote] = useState(review?.note ?? "");
  const act = useAct(reviewDetection, { changes: [showDetection, listDetections], onDone: onClose });
  const isReady = state !== "closed" || verdict !== "";
  return (
    <Form
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        const body = { state, ...(verdict !== "" && { verdict }), note: note.trim() };
        if (isReady) act.run({ params: { detectionId: id }, body });
      }}
    >
      <OptionField
        id="review-state"
        label="State"
        options={reviewStateOptions}
        value={state}
        onChoose={setState}
      />
      <OptionField
        id="review-verdict"
        label="It was"
        options={[unknown, ...reviewVerdictOptions]}
        value={verdict}
        onChoose={setVerdict}
      />
      <FormField
        id="review-note"
        label="Note"
        value={note}
        onChange={setNote}
        rows={3}
        help="It is kept in the record, with your name. What is closed says what it was."
      />
      <ActOutcome act={act} />
      <div className="label-row">
        <Button type="submit" isLoading={act.isPending} isDisabled={act.isPending || !isReady}>
          Save
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </Form>
  );
}
