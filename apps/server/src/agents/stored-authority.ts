import type { Sealer } from "@pratique/sealing";
import type { FleetStore } from "@pratique/store";
import type { AuthorityVault } from "./agent-authority.ts";

const ID = "installation";
const place = { table: "agent_authorities", column: "sealed_keys", rowId: ID };

/** Keeps the authority in the store, sealed: a copy of the database alone certifies no host. */
export function storedAuthority(authorities: FleetStore["authorities"], sealer: Sealer): AuthorityVault {
  return {
    read: async () => {
      const sealed = await authorities.find(ID);
      if (sealed === undefined) return undefined;
      const text = (await sealer.open("agents", place, sealed)).toString("utf8");
      return { text, version: sealed };
    },
    replace: async (version, text) =>
      await authorities.replace(ID, version, await sealer.seal("agents", place, text)),
  };
}
