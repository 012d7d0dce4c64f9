import type { Sealer } from "@pratique/sealing";

const PURPOSE = "providers";

function placeOf(provider: string) {
  return { table: "identity_providers", column: "sealed_secret", rowId: provider };
}

/** Seals the secret that the server shows to a provider. */
export async function sealProviderSecret(sealer: Sealer, provider: string, secret: string): Promise<string> {
  return await sealer.seal(PURPOSE, placeOf(provider), secret);
}

/** Opens what {@link sealProviderSecret} gave. */
export async function openProviderSecret(sealer: Sealer, provider: string, sealed: string): Promise<string> {
  return (await sealer.open(PURPOSE, placeOf(provider), sealed)).toString("utf8");
}
