import { Button, Label } from "@patternfly/react-core";
import { listRegistries, listRegistryImages, type RegistryImageEntry, retryRegistry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { ActOutcome } from "../parts/act-outcome.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import type { Column } from "../parts/lists/list-table.tsx";
import { Reference } from "../parts/reference.tsx";
import { RegistryFault } from "../parts/registries/registry-fault.tsx";
import { RegistryViews } from "../parts/registries/registry-views.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Empty } from "../parts/states.tsx";
import { useAct } from "../parts/use-act.ts";

const route = getRouteApi("/app/registries/queue");
const source = listSource(listRegistryImages);

const states = {
  waiting: { color: "grey", text: "Waits" },
  running: { color: "blue", text: "Being scanned" },
  scanned: { color: "green", text: "Scanned" },
  failed: { color: "red", text: "Failed" },
  absent: { color: "grey", text: "Gone" },
} as const satisfies Record<RegistryImageEntry["state"], object>;

const stateFilter: ListFilter = {
  kind: "choice",
  name: "state",
  label: "State",
  anyText: "Any state",
  options: Object.entries(states).map(([value, { text }]) => ({ value, text })),
};

const columns: readonly Column<RegistryImageEntry>[] = [
  { label: "Image", cell: (image) => <Name image={image} /> },
  { label: "State", cell: (image) => <State image={image} /> },
  { label: "Tries", isNumber: true, cell: ({ tries }) => tries },
  { label: "What is wrong", cell: ({ error }) => <RegistryFault error={error} /> },
];

const actions: Column<RegistryImageEntry> = {
  label: "Actions",
  cell: (image) => (image.state === "failed" ? <Retry image={image} /> : null),
};

/** The images of registries, and what became of each. */
export function RegistryQueuePage() {
  const mayWrite = useMay()("registries.write") !== undefined;
  const registries = useQuery(readQuery(listRegistries));
  const options = (registries.data?.items ?? []).map(({ id, name }) => ({ value: id, text: name }));
  const filters: readonly ListFilter[] = [
    { kind: "search", name: "text", label: "Find images in the queue" },
    { kind: "choice", name: "registry", label: "Registry", anyText: "Any registry", options },
    stateFilter,
  ];
  return (
    <ListPage
      label="Queue"
      lead="Each image of a registry: what became of it, and what to do where it failed"
      above={<RegistryViews current="/registries/queue" />}
      source={source}
      address={route.useSearch()}
      columns={mayWrite ? [...columns, actions] : columns}
      filters={filters}
      keyOf={({ number }) => String(number)}
      empty={
        <Empty title="The queue is empty" command="pratique registry add main registry.example --every 12h">
          Images come here when a registry is listed, or tells of a push.
        </Empty>
      }
    />
  );
}

function Name({ image: { reference, platform, imageId } }: RowProps) {
  return (
    <>
      {imageId === null ? (
        <span className="strong">
          <Reference text={reference} />
        </span>
      ) : (
        <Link to="/images/$imageId" params={{ imageId }} className="strong">
          <Reference text={reference} />
        </Link>
      )}
      {platform !== "" && <div className="subtle">{platform}</div>}
    </>
  );
}

function State({ image: { state, worker, doneAt, nextTryAt } }: RowProps) {
  const { color, text } = states[state];
  return (
    <>
      <Label isCompact color={color}>
        {text}
      </Label>
      {worker !== null && <div className="subtle break">by {worker}</div>}
      {nextTryAt !== null && (
        <div className="subtle">
          again <RelativeTime time={nextTryAt} />
        </div>
      )}
      {doneAt !== null && state !== "waiting" && (
        <div className="subtle">
          <RelativeTime time={doneAt} />
        </div>
      )}
    </>
  );
}

function Retry({ image: { registry, number, reference } }: RowProps) {
  const retry = useAct(retryRegistry, { changes: [listRegistries, listRegistryImages] });
  return (
    <>
      <Button
        variant="secondary"
        size="sm"
        aria-label={`Retry ${reference}`}
        isLoading={retry.isPending}
        onClick={() => retry.run({ params: { registryId: registry }, body: { image: number } })}
      >
        Retry
      </Button>
      <ActOutcome act={retry} />
    </>
  );
}

interface RowProps {
  readonly image: RegistryImageEntry;
}
