import type { EnforcementTables } from "@pratique/profile";

/** How the kernel is to hold a container to its profile; the form is that of the sensor's commands. */
interface PreventionOfPrograms {
  readonly policy: {
    readonly drift: "off" | "report" | "kill";
    readonly fileless: "off" | "report" | "kill";
    readonly executables: "off" | "enforce";
    readonly groups: number;
  };
  readonly executables: readonly ProgramEntry[];
}

type ProgramEntry =
  | { readonly rule: number; readonly groups: number; readonly action: "allow"; readonly path: string }
  | { readonly rule: number; readonly groups: number; readonly action: "kill"; readonly prefix: string };

export interface PreventionOptions {
  /** Comes back in the records of what is prevented. */
  readonly rule: number;
  /** The bit of the sets that the containers of the image have in their policy. */
  readonly groups: number;
  /**
   * `image`: what is in the image may run, and what was learned beside it. `learned`: only paths that were learned may,
   * whatever lies there: the kernel's allow-list outweighs drift. Good with a read-only root, where nobody puts
   * another file in their place.
   */
  readonly programs: "image" | "learned";
}

/** Tells the kernel which programs may run. Where too many were learned to know them all, it only reports drift. */
export function preventionOf(tables: EnforcementTables, options: PreventionOptions): PreventionOfPrograms {
  const { rule, groups, programs } = options;
  if (tables.notEnforced.includes("executable")) {
    return { policy: { drift: "report", fileless: "report", executables: "off", groups }, executables: [] };
  }
  const policy = {
    drift: "kill",
    fileless: tables.memoryPrograms ? "report" : "kill",
    executables: "enforce",
    groups,
  } as const;
  const allow = (path: string): ProgramEntry => ({ rule: 0, groups, action: "allow", path });
  if (programs === "image") return { policy, executables: tables.addedPrograms.map(allow) };
  const all = [...tables.programs, ...tables.addedPrograms].sort();
  return {
    policy,
    executables: [{ rule, groups, action: "kill", prefix: "/" }, ...[...new Set(all)].map(allow)],
  };
}
