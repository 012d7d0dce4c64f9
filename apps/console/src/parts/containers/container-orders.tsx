import { type Container, type ContainerOrder, showContainerOrders } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { responseActText } from "../../text/response-acts.ts";
import { StatusLabel } from "../hosts/host-labels.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { Section } from "../section.tsx";
import { containerIdOf } from "./container-columns.tsx";

/** What people ordered about a container, and what came of it; nothing where nobody did. */
export function ContainerOrders({ container }: { readonly container: Container }) {
  const params = { containerId: containerIdOf(container) };
  const { data } = useQuery(readQuery(showContainerOrders, { params }));
  if (data === undefined || data.orders.length === 0) return null;
  const rows = data.orders.map((order) => [
    order.askedAt,
    wordsOf(order),
    order.askedBy,
    order.reason,
    order.state,
    order.detail,
  ]);
  return (
    <Section title="What people ordered">
      <CsvHere
        fileName="orders"
        rows={[["askedAt", "what", "askedBy", "reason", "state", "detail"], ...rows]}
      >
        <ListTable label="Orders" columns={columns} items={data.orders} keyOf={({ id }) => id} />
      </CsvHere>
    </Section>
  );
}

const columns: readonly Column<ContainerOrder>[] = [
  { label: "Time", cell: ({ askedAt }) => <RelativeTime time={askedAt} /> },
  {
    label: "What",
    cell: (order) => (
      <>
        <span className="strong break">{wordsOf(order)}</span>
        <div className="subtle break">{`by ${order.askedBy}`}</div>
      </>
    ),
  },
  { label: "Why", cell: ({ reason }) => <span className="break">{reason}</span> },
  {
    label: "State",
    cell: ({ state }) => <StatusLabel status={states[state].status} text={states[state].text} />,
  },
  { label: "What came of it", cell: ({ detail }) => <span className="break">{detail}</span> },
];

function wordsOf({ kind, action, peers = [] }: ContainerOrder): string {
  if (kind === "release" || action === undefined) return "Undo";
  const from = action === "cut" ? ` from ${peers.length === 0 ? "everybody" : peers.join(", ")}` : "";
  return `${responseActText(action)}${from}`;
}

const states = {
  queued: { status: "warning", text: "Waits for its host" },
  delivered: { status: "warning", text: "Under way" },
  done: { status: "success", text: "Done" },
  failed: { status: "danger", text: "Failed" },
  expired: { status: "danger", text: "Too late" },
} as const satisfies Record<ContainerOrder["state"], unknown>;
