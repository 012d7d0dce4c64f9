import { Button } from "@patternfly/react-core";
import type { Endpoint } from "@pratique/api";
import { useState } from "react";
import { Confirm } from "./confirm.tsx";
import { useAct } from "./use-act.ts";

interface SettingsRemoveProps {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
  readonly changes: readonly Endpoint[];
  readonly name: string;
  /** What removing it does. */
  readonly effect: string;
}

/** Removes a thing of the settings, after asking. */
export function SettingsRemove({ endpoint, params, changes, name, effect }: SettingsRemoveProps) {
  const [asks, setAsks] = useState(false);
  const remove = useAct(endpoint, { changes });
  return (
    <>
      <Button variant="secondary" isDanger size="sm" onClick={() => setAsks(true)}>
        Remove
      </Button>
      {asks && (
        <Confirm
          title={`Remove ${name}?`}
          verb="Remove"
          act={remove}
          onConfirm={() => remove.run({ params })}
          onClose={() => {
            remove.reset();
            setAsks(false);
          }}
        >
          <p>{effect}</p>
        </Confirm>
      )}
    </>
  );
}
