import "../runtime.css";
import type { ReactNode } from "react";
import { type Column, ListTable } from "../lists/list-table.tsx";

/** Deeper than this, a line is not moved further: it would have no room. */
const MAX_INDENT = 10;
const INDENT_REM = 1.25;

/** A process as a line of a tree. */
export interface ProcessLine {
  readonly depth: number;
  readonly pid: number;
  readonly name: string;
  readonly exePath: string;
  readonly commandLine: string;
  readonly user: string;
  /** What the page is about. */
  readonly isSubject?: boolean;
  readonly aside?: ReactNode;
}

interface ProcessTreeProps {
  readonly label: string;
  readonly lines: readonly ProcessLine[];
  /** The name of the column of what stands aside. */
  readonly asideLabel?: string;
}

/** Processes below those that started them, each with its user and what it was called with. */
export function ProcessTree({ label, lines, asideLabel }: ProcessTreeProps) {
  const columns: readonly Column<ProcessLine>[] = [
    { label: "Process", cell: (line) => <ProcessName line={line} /> },
    { label: "Pid", isNumber: true, cell: ({ pid }) => pid },
    {
      label: "User",
      cell: ({ user }) => <span className={user === "root" ? "alarm" : "word"}>{user}</span>,
    },
    { label: "Command line", cell: ({ commandLine }) => <code className="break">{commandLine}</code> },
    ...(asideLabel === undefined
      ? []
      : [{ label: asideLabel, cell: ({ aside }: ProcessLine) => aside } satisfies Column<ProcessLine>]),
  ];
  return (
    <ListTable
      label={label}
      columns={columns}
      items={lines}
      keyOf={({ pid, depth, commandLine }) => `${pid} ${depth} ${commandLine}`}
      isSelected={({ isSubject = false }) => isSubject}
    />
  );
}

function ProcessName({ line: { depth, name, exePath, isSubject = false } }: { readonly line: ProcessLine }) {
  const indent = Math.max(0, Math.min(depth, MAX_INDENT) - 1) * INDENT_REM;
  return (
    <div className="process-line" style={{ paddingInlineStart: `${indent}rem` }}>
      {depth > 0 && (
        <span className="process-branch" aria-hidden="true">
          └
        </span>
      )}
      <div>
        <span className="pf-v6-screen-reader">{`Level ${depth + 1}: `}</span>
        <span className={isSubject ? "strong break" : "break"}>{name}</span>
        <div className="subtle break">{exePath}</div>
      </div>
    </div>
  );
}
