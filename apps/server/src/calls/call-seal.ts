import type { Sealer } from "@pratique/sealing";
import type { CallSeal } from "./approval-desk.ts";

const PURPOSE = "approvals";

/** Seals the calls that wait for a second person, each for its own approval. */
export function sealCalls(sealer: Sealer): CallSeal {
  const placeOf = (id: string) => ({ table: "approvals", column: "sealed_call", rowId: id });
  return {
    seal: async (id, text) => await sealer.seal(PURPOSE, placeOf(id), text),
    open: async (id, sealed) => (await sealer.open(PURPOSE, placeOf(id), sealed)).toString("utf8"),
  };
}
