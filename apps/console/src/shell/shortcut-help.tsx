import { ModalBody, Switch } from "@patternfly/react-core";
import { useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { places } from "./places.ts";
import { shortcutsAreOn, turnShortcuts } from "./use-shortcuts.ts";

/** Says which keys do what, and lets them be turned off. */
export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const [on, setOn] = useState(shortcutsAreOn);
  const turn = (next: boolean) => {
    turnShortcuts(next);
    setOn(next);
  };
  return (
    <Dialog id="shortcuts" title="Keyboard shortcuts" onClose={onClose}>
      <ModalBody>
        <Switch
          id="shortcuts-on"
          label="Single keys are shortcuts"
          isChecked={on}
          onChange={(_, next) => turn(next)}
        />
        <dl className="keys">
          <Keys keys={["/"]} does="Search the list of this page" />
          <Keys keys={["?"]} does="Show this" />
          {places.map(({ key, label }) => (
            <Keys key={key} keys={["g", key]} does={`Go to ${label}`} />
          ))}
        </dl>
      </ModalBody>
    </Dialog>
  );
}

function Keys({ keys, does }: { readonly keys: readonly string[]; readonly does: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
