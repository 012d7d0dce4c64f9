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
  // One that is chosen is shown beside the table, with all that is left out here.
  const narrow = selectedId !== undefined;
  return (
    <Table variant="compact" aria-label="Launches" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>Container</Th>
          <Th>Verdict</Th>
          <Th>Reasons</Th>
          {!narrow && <Th>Caller</Th>}
          <Th>Time</Th>
        </Tr>
      </Thead>
      <Tbody>
        {launches.map((launch) => (
          <LaunchRow key={launch.id} launch={launch} narrow={narrow} selected={launch.id === selectedId} />
        ))}
      </Tbody>
    </Table>
  );
}

interface LaunchRowProps {
  readonly launch: LaunchEntry;
  readonly narrow: boolean;
  readonly selected: boolean;
}

function LaunchRow({ launch, narrow, selected }: LaunchRowProps) {
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
        <Reasons launch={launch} narrow={narrow} />
      </Td>
      {!narrow && <Td dataLabel="Caller">{launch.caller}</Td>}
      <Td dataLabel="Time">
        <RelativeTime time={launch.time} />
      </Td>
    </Tr>
  );
}

function Reasons({ launch, narrow }: Pick<LaunchRowProps, "launch" | "narrow">) {
  const [first, ...more] = launch.reasons;
  if (first === undefined) {
    const words = launch.evidence === undefined ? "within the policies" : "kept as evidence";
    return <span className="subtle">{words}</span>;
  }
  return (
    <>
      <span>{first.message}</span>
      {!narrow && (
        <div className="subtle break">
          {first.value}
          {more.length > 0 && `, and ${more.length} more`}
        </div>
      )}
    </>
  );
}
