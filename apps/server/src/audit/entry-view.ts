import type { AuditEntry } from "@pratique/api";
import { type LoggedEntry, leafHash, opensCommitment, parseEntry } from "@pratique/audit";
import type { StoredAuditEntry } from "@pratique/store";

/** An entry as it is shown: what is personal in clear where it is still known. */
export function entryView({ index, bytes, openings }: StoredAuditEntry): AuditEntry {
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
    const opening = openings.find((each) => each.field === `actor.${field}`);
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
export function loggedEntry(origin: string, { index, bytes, openings }: StoredAuditEntry): LoggedEntry {
  return { origin, index, entry: parseEntry(bytes), openings };
}
