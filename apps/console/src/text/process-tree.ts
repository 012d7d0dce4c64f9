/** A process with the one that started it. */
interface Linked {
  readonly pid: number;
  /** 0 where it is not among them. */
  readonly ppid: number;
  readonly startedAt: string;
}

/** A line of a tree: a process, and how far below a root it stands. */
export interface TreeLine<Process> {
  readonly process: Process;
  readonly depth: number;
}

/** The lines of the trees that processes form, children below their parents in the order in which they began. */
export function treeOf<Process extends Linked>(processes: readonly Process[]): readonly TreeLine<Process>[] {
  const known = new Set(processes.map(({ pid }) => pid));
  const children = Map.groupBy(
    processes.toSorted(
      (left, right) => left.startedAt.localeCompare(right.startedAt) || left.pid - right.pid,
    ),
    ({ pid, ppid }) => (known.has(ppid) && ppid !== pid ? ppid : 0),
  );
  const lines: TreeLine<Process>[] = [];
  const shown = new Set<Process>();
  const add = (process: Process, depth: number) => {
    if (shown.has(process)) return;
    shown.add(process);
    lines.push({ process, depth });
    for (const child of children.get(process.pid) ?? []) add(child, depth + 1);
  };
  for (const root of children.get(0) ?? []) add(root, 0);
  // What a host says may go in circles; nothing of it is left out.
  for (const process of processes) add(process, 0);
  return lines;
}
