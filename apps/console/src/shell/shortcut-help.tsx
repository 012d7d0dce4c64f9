import { Modal, ModalBody, ModalHeader, Switch } from "@patternfly/react-core";
import { useState } from "react";
import { places } from "./places.ts";
import { shortcutsAreOn, turnShortcuts } from "./use-shortcuts.ts";

interface ShortcutHelpProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says which keys do what, and lets them be turned off. */
export function ShortcutHelp({ isOpen, onClose }: ShortcutHelpProps) {
  const [on, setOn] = useState(shortcutsAreOn);
  const turn = (next: boolean) => {
    turnShortcuts(next);
    setOn(next);
  };
  return (
    <Modal variant="small" isOpen={isOpen} onClose={onClose} aria-labelledby="shortcuts-title">
      <ModalHeader title="Keyboard shortcuts" labelId="shortcuts-title" />
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
    </Modal>
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
