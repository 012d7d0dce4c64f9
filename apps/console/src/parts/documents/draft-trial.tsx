import { Button, Content } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { ActOutcome } from "../act-outcome.tsx";
import type { ActState } from "../use-act.ts";

interface DraftTrialProps<Reply> {
  /** What is done with the draft, and that nothing changes by it. */
  readonly explanation: string;
  /** The word on the button. */
  readonly verb: string;
  readonly trial: ActState<Reply>;
  readonly isDisabled?: boolean;
  readonly onTry: () => void;
  readonly children: (reply: Reply) => ReactNode;
}

/** Tries a draft on what was recorded, and shows what would be otherwise. */
export function DraftTrial<Reply>(props: DraftTrialProps<Reply>) {
  const { explanation, verb, trial, isDisabled = false, onTry, children } = props;
  return (
    <div className="panel">
      <Content component="p">{explanation}</Content>
      <div>
        <Button variant="secondary" isLoading={trial.isPending} isDisabled={isDisabled} onClick={onTry}>
          {verb}
        </Button>
      </div>
      <ActOutcome act={trial} />
      {trial.data?.kind === "done" && children(trial.data.reply)}
    </div>
  );
}
