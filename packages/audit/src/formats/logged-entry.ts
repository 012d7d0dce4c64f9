import { type Opening, opensCommitment, type PersonalField } from "../tree/commitment.ts";
import type { TreeEntry } from "../tree/tree-event.ts";

/** An entry with its place, as it goes out to other systems. */
export interface LoggedEntry {
  /** The log that it is from. */
  readonly origin: string;
  readonly index: number;
  readonly entry: TreeEntry;
  /** What is known behind its commitments, where the reader may know it. */
  readonly openings?: readonly Opening[];
}

/** The clear value of a personal field, when it is known and is the one that was committed to. */
export function openedValue({ entry, openings }: LoggedEntry, field: PersonalField): string | undefined {
  const commitment = field === "actor.name" ? entry.actor.name : entry.actor.address;
  const opening = openings?.find((candidate) => candidate.field === field);
  if (commitment === undefined || opening === undefined) return undefined;
  return opensCommitment(opening, commitment) ? opening.value : undefined;
}

/** In one word how it went: what was refused is told apart from what failed. */
export function resultOf({
  decision,
  outcome,
}: TreeEntry): "success" | "failure" | "denied" | "pending" | "" {
  if (decision?.effect === "deny") return "denied";
  if (decision?.effect === "needs-approval") return "pending";
  return outcome ?? "";
}
