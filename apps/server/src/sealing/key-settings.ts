import { readFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import {
  type KeyProvider,
  openCommandKey,
  openFileKey,
  openPassphraseKey,
  SealingError,
} from "@pratique/sealing";

/** Who holds the key that all others are wrapped with. */
export type KeySettings =
  | {
      readonly kind: "file";
      /** Made at first use, with mode 0400. */
      readonly file: string;
    }
  | {
      readonly kind: "passphrase";
      /** Holds the passphrase, and perhaps a line break after it. */
      readonly passphraseFile: string;
      /** Salt and cost, none of them secret; made at first use. */
      readonly parametersFile: string;
    }
  | {
      readonly kind: "command";
      readonly keyId: string;
      readonly wrap: readonly string[];
      readonly unwrap: readonly string[];
      readonly environment?: Readonly<Record<string, string>>;
    };

const MAX_PASSPHRASE_BYTES = 1024;
const LINE_BREAKS: ReadonlySet<number> = new Set([0x0a, 0x0d]);

/** Opens the holder. A key that is not there is made only where it may be. Throws SealingError. */
export async function openKey(settings: KeySettings, mayCreate: boolean): Promise<KeyProvider> {
  switch (settings.kind) {
    case "file":
      return await openFileKey({ file: settings.file, mayCreate });
    case "command": {
      const { keyId, wrap, unwrap, environment = {} } = settings;
      return await openCommandKey({ keyId, wrap, unwrap, environment });
    }
    case "passphrase": {
      const { passphraseFile, parametersFile } = settings;
      const bytes = readPassphrase(passphraseFile);
      try {
        return await openPassphraseKey({ passphrase: withoutLineBreak(bytes), parametersFile, mayCreate });
      } finally {
        bytes.fill(0);
      }
    }
  }
}

/**
 * Who may read the file is its owner's affair here: the service manager hands credentials over in files whose mode
 * says less than their access list does.
 */
function readPassphrase(file: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const message = `the passphrase cannot be read: ${messageOf(cause)}`;
    throw new SealingError("KEY_PROVIDER_UNAVAILABLE", message, { cause });
  }
  if (bytes.length <= MAX_PASSPHRASE_BYTES) return bytes;
  bytes.fill(0);
  throw new SealingError("KEY_PROVIDER_SETTINGS", `${JSON.stringify(file)} is too long for a passphrase`);
}

function withoutLineBreak(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && LINE_BREAKS.has(bytes[end - 1] ?? 0)) end -= 1;
  return bytes.subarray(0, end);
}
