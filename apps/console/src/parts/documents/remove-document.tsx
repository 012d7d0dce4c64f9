import { Button } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { effectVerb } from "../../text/effect-verb.ts";
import { Confirm } from "../confirm.tsx";
import type { ActState } from "../use-act.ts";

interface RemoveDocumentProps<Reply> {
  /** Whether whoever removes it may do so alone; undefined where they may not at all. */
  readonly effect: "allow" | "needs-approval" | undefined;
  /** What it is, and its name: `the policy team`. */
  readonly what: string;
  readonly remove: ActState<Reply>;
  readonly onRemove: () => void;
  /** What comes of it on hosts. */
  readonly children: ReactNode;
}

/** Removes a document from the server, after asking. */
export function RemoveDocument<Reply>({
  effect,
  what,
  remove,
  onRemove,
  children,
}: RemoveDocumentProps<Reply>) {
  const [asks, setAsks] = useState(false);
  if (effect === undefined) return null;
  const verb = effectVerb(effect, "Remove");
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setAsks(true)}>
        {verb}
      </Button>
      {asks && (
        <Confirm
          title={`Remove ${what}?`}
          verb={verb}
          act={remove}
          onConfirm={onRemove}
          onClose={() => {
            remove.reset();
            setAsks(false);
          }}
        >
          <p>{children}</p>
        </Confirm>
      )}
    </>
  );
}
