import { matchesGlob } from "@pratique/core";

/**
 * Whether a path matches a pattern: `*` stands for anything within a name, `**` for any number of names, `?` for one
 * character. Takes at most the product of the two lengths in steps.
 */
export function matchesPathGlob(pattern: string, path: string): boolean {
  const names = split(path);
  // Which of the path's names may come next, for each part of the pattern in turn.
  let reachable = new Set([0]);
  for (const part of split(pattern)) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (part === "**") for (let to = at; to <= names.length; to += 1) next.add(to);
      else if (at < names.length && matchesGlob(part, names[at] ?? "")) next.add(at + 1);
    }
    reachable = next;
  }
  return reachable.has(names.length);
}

function split(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
