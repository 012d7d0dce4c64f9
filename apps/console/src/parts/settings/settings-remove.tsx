import { Button } from "@patternfly/react-core";
import { useState } from "react";
import { Removal, type Removed } from "../removal.tsx";

/** Removes a thing of the settings, after asking. */
export function SettingsRemove(removed: Removed) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button variant="secondary" isDanger size="sm" onClick={() => setAsks(true)}>
        Remove
      </Button>
      {asks && <Removal {...removed} onClose={() => setAsks(false)} />}
    </>
  );
}
