import type { Endpoint } from "@pratique/api";
import { Confirm } from "./confirm.tsx";
import { useAct } from "./use-act.ts";

export interface Removed {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
  readonly changes: readonly Endpoint[];
  readonly name: string;
  /** What removing it does. */
  readonly effect: string;
}

interface RemovalProps extends Removed {
  readonly onClose: () => void;
}

/** Asks whether a thing is to be removed, and removes it. */
export function Removal({ endpoint, params, changes, name, effect, onClose }: RemovalProps) {
  const remove = useAct(endpoint, { changes });
  return (
    <Confirm
      title={`Remove ${name}?`}
      verb="Remove"
      act={remove}
      onConfirm={() => remove.run({ params })}
      onClose={onClose}
    >
      <p>{effect}</p>
    </Confirm>
  );
}
