import type { Sealer } from "@pratique/sealing";
import type { RegistrySetting } from "@pratique/store";
import { z } from "zod";

const PURPOSE = "registries";

/** What a registry is signed in to with, and what it proves itself with. */
const registrySecrets = z.strictObject({
  username: z.string().exactOptional(),
  password: z.string().exactOptional(),
  token: z.string().exactOptional(),
  pushSecret: z.string().exactOptional(),
});

export type RegistrySecrets = z.output<typeof registrySecrets>;

/** Seals the secrets of a registry; null where it has none. */
export async function sealRegistrySecrets(
  sealer: Sealer,
  id: string,
  secrets: RegistrySecrets,
): Promise<string | null> {
  if (Object.keys(secrets).length === 0) return null;
  return await sealer.seal(PURPOSE, placeOf(id), JSON.stringify(secrets));
}

/** Opens what {@link sealRegistrySecrets} gave. Throws SealingError. */
export async function openRegistrySecrets(
  sealer: Sealer,
  { id, sealedSecrets }: Pick<RegistrySetting, "id" | "sealedSecrets">,
): Promise<RegistrySecrets> {
  if (sealedSecrets === null) return {};
  const bytes = await sealer.open(PURPOSE, placeOf(id), sealedSecrets);
  try {
    return registrySecrets.parse(JSON.parse(bytes.toString("utf8")));
  } finally {
    bytes.fill(0);
  }
}

function placeOf(id: string) {
  return { table: "registries", column: "sealed_secrets", rowId: id };
}
