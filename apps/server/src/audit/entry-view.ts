import type { AuditEntry } from "@pratique/api";
import { type LoggedEntry, leafHash, opensCommitment, parseEntry } from "@pratique/audit";
import type { StoredAuditEntry } from "@pratique/store";
import type { AuditOpenings } from "./audit-openings.ts";

const personal = ["name", "address"] as const;

/** An entry as it is shown: what is personal in clear where it is still known. */
export async function entryView(
  { index, bytes, openings: stored }: StoredAuditEntry,
  openings: AuditOpenings,
): Promise<AuditEntry> {
  const known = await openings.openAll(stored);
  const {
    time,
    class: kind,
    action,
    actor,
    subject,
    stage,
    call,
    decision,
    outcome,
    data,
  } = parseEntry(bytes);
  const opened = (field: "name" | "address") => {
    const opening = known.find((each) => each.field === `actor.${field}`);
    const commitment = actor[field];
    const fits = opening !== undefined && commitment !== undefined && opensCommitment(opening, commitment);
    return fits ? opening.value : null;
  };
  return {
    index,
    leafHash: Buffer.from(leafHash(bytes)).toString("base64"),
    time,
    class: kind,
    action,
    actor: {
      id: actor.id,
      kind: actor.kind,
      name: opened("name"),
      method: actor.method,
      address: opened("address"),
      erased: personal.filter(
        (field) =>
          actor[field] !== undefined && !stored.some((opening) => opening.field === `actor.${field}`),
      ),
    },
    subject: subject === undefined ? null : { ...subject },
    stage,
    call: call ?? null,
    decision: decision?.effect ?? null,
    rule: decision?.rule ?? null,
    outcome: outcome ?? null,
    data: { ...data },
    text: Buffer.from(bytes).toString("utf8"),
  };
}

/** An entry as it goes out to other systems. */
export async function loggedEntry(
  origin: string,
  { index, bytes, openings: stored }: StoredAuditEntry,
  openings: AuditOpenings,
): Promise<LoggedEntry> {
  return { origin, index, entry: parseEntry(bytes), openings: await openings.openAll(stored) };
}
