import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { LaunchEntry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { RelativeTime } from "./relative-time.tsx";
import { OutcomeLabel } from "./verdict-label.tsx";

interface LaunchTableProps {
  readonly launches: readonly LaunchEntry[];
  readonly selectedId?: string | undefined;
}

/** Launches with what was decided, and why. */
export function LaunchTable({ launches, selectedId }: LaunchTableProps) {
  return (
    <Table variant="compact" aria-label="Launches" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>Container</Th>
          <Th>Verdict</Th>
          <Th>Reasons</Th>
          <Th>Caller</Th>
          <Th>Time</Th>
        </Tr>
      </Thead>
      <Tbody>
        {launches.map((launch) => (
          <LaunchRow key={launch.id} launch={launch} selected={launch.id === selectedId} />
        ))}
      </Tbody>
    </Table>
  );
}

function LaunchRow({ launch, selected }: { readonly launch: LaunchEntry; readonly selected: boolean }) {
  return (
    <Tr isRowSelected={selected}>
      <Td dataLabel="Container">
        <Link
          to="/launches/$launchId"
          params={{ launchId: launch.id }}
          search={(search) => search}
          className="strong"
        >
          {launch.container === "" ? "unnamed" : launch.container}
        </Link>
        <div className="subtle">
          {launch.image} ({launch.action})
        </div>
      </Td>
      <Td dataLabel="Verdict">
        <OutcomeLabel outcome={launch.outcome} />
      </Td>
      <Td dataLabel="Reasons">
        <Reasons reasons={launch.reasons} />
      </Td>
      <Td dataLabel="Caller">{launch.caller}</Td>
      <Td dataLabel="Time">
        <RelativeTime time={launch.time} />
      </Td>
    </Tr>
  );
}

function Reasons({ reasons }: Pick<LaunchEntry, "reasons">) {
  const [first, ...more] = reasons;
  if (first === undefined) return <span className="subtle">within the policies</span>;
  return (
    <>
      <span>{first.message}</span>
      <div className="subtle">
        {first.value}
        {more.length > 0 && `, and ${more.length} more`}
      </div>
    </>
  );
}
