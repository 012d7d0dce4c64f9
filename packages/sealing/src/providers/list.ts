import type { JsonObject } from "@pratique/core";
import { SealingError } from "../errors.ts";
import { commandProvider } from "./command/command.ts";
import { fileProvider } from "./file/file.ts";
import { passphraseProvider } from "./passphrase/passphrase.ts";
import type { KeyProvider, KeyProviderEffects, KeyProviderMember } from "./provider.ts";

/** Every way to hold a key-encryption key, sorted. A test fails when a folder beside this file is missing here. */
export const keyProviders: readonly KeyProviderMember[] = [commandProvider, fileProvider, passphraseProvider];

/** Opens a provider by the name of its kind. Throws `KEY_PROVIDER_SETTINGS` for a kind that nobody has. */
export async function openKeyProvider(
  kind: string,
  settings: JsonObject,
  effects: KeyProviderEffects = {},
): Promise<KeyProvider> {
  const member = keyProviders.find((candidate) => candidate.kind === kind);
  if (member === undefined) {
    throw new SealingError("KEY_PROVIDER_SETTINGS", `there is no key provider ${JSON.stringify(kind)}`);
  }
  return member.open(settings, effects);
}
