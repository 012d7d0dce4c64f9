import { ActionGroup, Button } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { CallError } from "../../api/call-error.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import { ActOutcome } from "../act-outcome.tsx";
import type { ActState } from "../use-act.ts";

interface DraftSaveProps<Reply> {
  /** Whether whoever saves may do so alone. */
  readonly effect: "allow" | "needs-approval";
  /** The word on the button. */
  readonly verb: string;
  readonly save: ActState<Reply>;
  readonly isDisabled: boolean;
  readonly onSave: () => void;
  /** What is shown where somebody else has saved meanwhile; absent where nothing was saved before. */
  readonly conflict: ReactNode;
  /** What is in the way of saving it. */
  readonly children?: ReactNode;
}

/** Saves a document, and tells what came of it: that hosts have it, that a second person is asked, or a conflict. */
export function DraftSave<Reply>(props: DraftSaveProps<Reply>) {
  const { effect, verb, save, isDisabled, onSave, conflict, children } = props;
  const isStale = save.error instanceof CallError && save.error.code === "REVISION_STALE";
  return (
    <>
      {isStale && conflict !== undefined ? (
        conflict
      ) : (
        <ActOutcome act={save} done="It is saved; agents have it within seconds" />
      )}
      {children}
      <ActionGroup>
        <Button isLoading={save.isPending} isDisabled={isDisabled} onClick={onSave}>
          {effectVerb(effect, verb)}
        </Button>
      </ActionGroup>
    </>
  );
}
