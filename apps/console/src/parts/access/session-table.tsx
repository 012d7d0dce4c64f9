import { Button, Label } from "@patternfly/react-core";
import type { OpenSession } from "@pratique/api";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";

const methods: Readonly<Record<OpenSession["method"], string>> = {
  link: "a link that works once",
  password: "a password",
  oidc: "an identity provider",
};

const columns: readonly Column<OpenSession>[] = [
  {
    label: "From",
    cell: ({ address, current }) => (
      <span className="label-row">
        <span className="strong break">{address}</span>
        {current && (
          <Label isCompact color="green">
            this browser
          </Label>
        )}
      </span>
    ),
  },
  { label: "Signed in with", cell: ({ method }) => methods[method] },
  { label: "Since", cell: ({ startedAt }) => <RelativeTime time={startedAt} /> },
  { label: "Last seen", cell: ({ lastSeenAt }) => <RelativeTime time={lastSeenAt} /> },
  { label: "Ends", cell: ({ expiresAt }) => <RelativeTime time={expiresAt} /> },
];

interface SessionTableProps {
  readonly label: string;
  readonly sessions: readonly OpenSession[];
  /** Absent where single ones cannot be ended. */
  readonly onEnd?: (session: OpenSession) => void;
}

/** Where somebody is signed in. */
export function SessionTable({ label, sessions, onEnd }: SessionTableProps) {
  return (
    <ListTable
      label={label}
      columns={onEnd === undefined ? columns : [...columns, endColumn(onEnd)]}
      items={sessions}
      keyOf={({ id }) => id}
    />
  );
}

function endColumn(onEnd: (session: OpenSession) => void): Column<OpenSession> {
  return {
    label: "Action",
    // Whoever wants to leave this browser signs out, as everywhere.
    cell: (session) =>
      !session.current && (
        <Button variant="secondary" isDanger size="sm" onClick={() => onEnd(session)}>
          Sign out there
        </Button>
      ),
  };
}
