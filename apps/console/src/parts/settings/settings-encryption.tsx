import { showHealth } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { Command } from "../command.tsx";
import { ComponentFacts, ComponentLabel } from "../health-component.tsx";
import { Read } from "../read.tsx";
import { SettingsCard } from "./settings-card.tsx";

/** How secrets at rest are sealed. Keys are changed on the server's own machine, and nowhere else. */
export function EncryptionSection() {
  const mayRead = useMay()("health.read") !== undefined;
  const health = useQuery({ ...readQuery(showHealth), enabled: mayRead });
  return (
    <SettingsCard title="Encryption at rest">
      <p>
        Secrets of channels, exports and providers are sealed with data keys, which a key of your choice
        wraps. Keys are looked at and changed on the server:
      </p>
      <div>
        <Command>pratique server keys status</Command>
      </div>
      <div>
        <Command>pratique server keys rotate --plan</Command>
      </div>
      {!mayRead && <p className="subtle">You may not see the state of the keys.</p>}
      {mayRead && (
        <Read query={health} what="the keys">
          {({ components }) => {
            const found = components.find(({ name }) => name === "encryption");
            return found === undefined ? (
              <p className="subtle">The server says nothing of its keys.</p>
            ) : (
              <>
                <div>
                  <ComponentLabel state={found.state} />
                </div>
                <ComponentFacts component={found} />
              </>
            );
          }}
        </Read>
      )}
    </SettingsCard>
  );
}
