import type { ResponseEntry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatDuration } from "../../text/format.ts";
import { responseEventWords } from "../../text/response-event.ts";
import { containerIdOf } from "../containers/container-columns.tsx";
import { StatusLabel } from "../hosts/host-labels.tsx";
import type { Column } from "../lists/list-table.tsx";
import { Name } from "../name.tsx";
import { RelativeTime } from "../relative-time.tsx";

const time: Column<ResponseEntry> = {
  label: "Time",
  cell: (response) => <RelativeTime time={response.time} />,
};

const what: Column<ResponseEntry> = {
  label: "What",
  cell: ({ event, action }) => (
    <>
      <span className="strong">{responseEventWords(event)}</span>
      <div className="subtle">{action}</div>
    </>
  ),
};

const container: Column<ResponseEntry> = {
  label: "Container",
  cell: (response) => (
    <>
      <ContainerLink response={response} />
      <div className="subtle">
        <Name text={response.host} />
      </div>
    </>
  ),
};

const rest: readonly Column<ResponseEntry>[] = [
  {
    label: "Why",
    cell: ({ outcome, reason, decidedBy }) => (
      <>
        <span className="break">{[outcome, reason].filter((part) => part !== "").join("; ")}</span>
        {decidedBy !== "" && <div className="subtle break">{`decided by ${decidedBy}`}</div>}
      </>
    ),
  },
  {
    label: "Took",
    isNumber: true,
    cell: ({ tookMs }) => (tookMs === undefined ? "" : formatDuration(tookMs)),
  },
  { label: "Proof", cell: ({ proved }) => <ProofLabel proved={proved} /> },
];

/** What was done about containers of any host. */
export const responseColumns = [time, what, container, ...rest];

/** What was done about one container. */
export const responseColumnsOfContainer = [time, what, ...rest];

function ContainerLink({
  response: { host, container: name, containerId },
}: {
  readonly response: ResponseEntry;
}) {
  if (containerId === undefined) return <span className="break">{name}</span>;
  return (
    <Link
      to="/containers/$containerId"
      params={{ containerId: containerIdOf({ host, id: containerId }) }}
      search={{ tab: "live" }}
      className="break"
    >
      {name}
    </Link>
  );
}

/** Whether the kernel's own tables showed that it worked; nothing where that was not looked at. */
export function ProofLabel({ proved }: { readonly proved: boolean | undefined }) {
  if (proved === undefined) return null;
  return <StatusLabel status={proved ? "success" : "warning"} text={proved ? "Proved" : "Not proved"} />;
}
