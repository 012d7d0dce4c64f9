import type { Sealer } from "@pratique/sealing";
import type { StoredExporter } from "@pratique/store";
import type { ChannelSettings } from "../notifications/channel-secrets.ts";

const PURPOSE = "exporters";

/** Seals the secrets of an export; null where it has none. */
export async function sealExporterSecrets(
  sealer: Sealer,
  id: string,
  secrets: ChannelSettings,
): Promise<string | null> {
  if (Object.keys(secrets).length === 0) return null;
  return await sealer.seal(PURPOSE, placeOf(id), JSON.stringify(secrets));
}

/** Opens what {@link sealExporterSecrets} gave. Throws SealingError. */
export async function openExporterSecrets(
  sealer: Sealer,
  { id, sealedSecrets }: Pick<StoredExporter, "id" | "sealedSecrets">,
): Promise<ChannelSettings> {
  if (sealedSecrets === null) return {};
  const bytes = await sealer.open(PURPOSE, placeOf(id), sealedSecrets);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } finally {
    bytes.fill(0);
  }
}

function placeOf(id: string) {
  return { table: "exporters", column: "sealed_secrets", rowId: id };
}
