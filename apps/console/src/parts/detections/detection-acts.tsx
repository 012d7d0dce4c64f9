import { Button } from "@patternfly/react-core";
import { type DetectionEntry, showContainer } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { containerIdOf } from "../containers/container-columns.tsx";
import { RespondButton } from "../containers/container-respond.tsx";
import { UndoButton } from "../containers/container-responses.tsx";

/**
 * What can be done about the container of a detection, for those who may: see what goes on in it, undo what is in
 * force, respond. Nothing where the host itself is meant, or the container is gone.
 */
export function DetectionActs({ detection }: { readonly detection: DetectionEntry }) {
  const may = useMay();
  const { host, containerId: id } = detection;
  const containerId = id === undefined ? "" : containerIdOf({ host, id });
  const container = useQuery({
    ...readQuery(showContainer, { params: { containerId } }),
    enabled: id !== undefined && may("containers.read") !== undefined,
  });
  if (container.data === undefined) return null;
  return (
    <>
      {may("runtime.read") !== undefined && (
        <Button
          variant="secondary"
          component={(props: object) => (
            <Link
              {...props}
              to="/containers/$containerId"
              params={{ containerId }}
              search={{ tab: "live" }}
            />
          )}
        >
          See it live
        </Button>
      )}
      <UndoButton container={container.data} />
      <RespondButton container={container.data} detection={detection.id} />
    </>
  );
}
