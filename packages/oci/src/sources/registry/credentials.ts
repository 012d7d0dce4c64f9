import type { ImageReference } from "@pratique/core";

/** How somebody proves to a registry who they are. */
export type RegistryCredentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** A long-lived token that the registry's token server exchanges for short-lived ones. */
  | { readonly kind: "identity-token"; readonly token: string }
  /** A token that is sent as it is. */
  | { readonly kind: "bearer-token"; readonly token: string };

/** Where credentials are kept. */
export interface CredentialStore {
  /**
   * The credentials for an image's repository; undefined where there are none. Rejects with
   * `CREDENTIALS_UNREADABLE`.
   */
  lookUp(reference: ImageReference, signal: AbortSignal): Promise<RegistryCredentials | undefined>;
}

/** No credentials for anything. */
export const noCredentials: CredentialStore = { lookUp: async () => undefined };

/** The same credentials for one registry, as given on a command line, and none for others. */
export function fixedCredentials(registry: string, credentials: RegistryCredentials): CredentialStore {
  return { lookUp: async (reference) => (reference.registry === registry ? credentials : undefined) };
}
