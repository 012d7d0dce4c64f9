import { AlertActionLink, Button } from "@patternfly/react-core";
import { type Registry, showRegistry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { Alert } from "../alert.tsx";
import { Read } from "../read.tsx";

interface RegistryConflictProps {
  readonly registryId: string;
  /** Saves what was typed all the same, over what is there under that revision. */
  readonly onOverwrite: (revision: string) => void;
  readonly onTakeTheirs: (registry: Registry) => void;
}

/** Somebody else changed the registry meanwhile: lets one choose between theirs and one's own. */
export function RegistryConflict({ registryId, onOverwrite, onTakeTheirs }: RegistryConflictProps) {
  const query = readQuery(showRegistry, { params: { registryId } });
  const theirs = useQuery({ ...query, queryKey: [...query.queryKey, "conflict"], gcTime: 0 });
  return (
    <Read query={theirs} what="what is there now">
      {(registry) => (
        <Alert
          isInline
          variant="warning"
          role="alert"
          title="Somebody else has changed this registry meanwhile: nothing of yours was saved"
          actionLinks={
            <>
              <AlertActionLink component={Button} onClick={() => onTakeTheirs(registry)}>
                Take theirs and drop mine
              </AlertActionLink>
              <AlertActionLink component={Button} onClick={() => onOverwrite(registry.revision)}>
                Save mine over theirs
              </AlertActionLink>
            </>
          }
        />
      )}
    </Read>
  );
}
