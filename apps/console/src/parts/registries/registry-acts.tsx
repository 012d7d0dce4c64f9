import { Button, DropdownItem } from "@patternfly/react-core";
import { EllipsisVIcon } from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon.js";
import {
  deleteRegistry,
  type Endpoint,
  listRegistries,
  listRegistryImages,
  pauseRegistry,
  type Registry,
  resumeRegistry,
  retryRegistry,
  scanRegistryNow,
} from "@pratique/api";
import { useState } from "react";
import { ActOutcome } from "../act-outcome.tsx";
import { PopupMenu } from "../popup-menu.tsx";
import { Removal } from "../removal.tsx";
import { useAct } from "../use-act.ts";

const changes: readonly Endpoint[] = [listRegistries, listRegistryImages];

interface RegistryActsProps {
  readonly registry: Registry;
  readonly onEdit: (registry: Registry) => void;
}

/** What somebody may do with a registry who may change it. */
export function RegistryActs({ registry, onEdit }: RegistryActsProps) {
  const { id, name, state, images } = registry;
  const [removes, setRemoves] = useState(false);
  const pause = useAct(pauseRegistry, { changes });
  const resume = useAct(resumeRegistry, { changes });
  const retry = useAct(retryRegistry, { changes });
  const scan = useAct(scanRegistryNow, { changes });
  const params = { registryId: id };
  const turn = state === "paused" ? resume : pause;
  const turnText = state === "paused" ? "Resume" : "Pause";
  return (
    <>
      <span className="label-row together">
        <Button
          variant="secondary"
          size="sm"
          aria-label={`${turnText} ${name}`}
          isLoading={turn.isPending}
          onClick={() => turn.run({ params })}
        >
          {turnText}
        </Button>
        <PopupMenu label={`More of ${name}`} toggle={{ variant: "plain", icon: <EllipsisVIcon /> }}>
          <DropdownItem onClick={() => scan.run({ params })}>Scan now</DropdownItem>
          {images.failed > 0 && (
            <DropdownItem onClick={() => retry.run({ params, body: {} })}>Retry what failed</DropdownItem>
          )}
          <DropdownItem onClick={() => onEdit(registry)}>Change</DropdownItem>
          <DropdownItem isDanger onClick={() => setRemoves(true)}>
            Remove
          </DropdownItem>
        </PopupMenu>
      </span>
      {[pause, resume, scan].map((act, index) => (
        <ActOutcome key={["pause", "resume", "scan"][index]} act={act} />
      ))}
      <ActOutcome act={retry} />
      {removes && (
        <Removal
          endpoint={deleteRegistry}
          params={{ registry: id }}
          changes={changes}
          name={name}
          effect="Nothing of it is read any more, and its queue goes with it. The reports of its images stay."
          onClose={() => setRemoves(false)}
        />
      )}
    </>
  );
}
