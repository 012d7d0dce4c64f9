import path from "node:path";
import { messageOf } from "@pratique/core";
import { decodeSecret, encodeSecret } from "../../base64.ts";
import { SealingError } from "../../errors.ts";
import type { KeyProvider, KeyProviderEffects } from "../provider.ts";
import { bindPayload, readPayload } from "./payload.ts";
import { runCommand } from "./run.ts";

const KIND = "command";
const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_TIMEOUT_MS = 120_000;
const MAX_WRAPPED_BYTES = 16 * 1024;
const KEY_ID = /^[\x21-\x7e]{1,200}$/u;

export interface CommandKeyOptions extends Pick<KeyProviderEffects, "environment"> {
  /** A name for the key that the program uses, such as a key's resource name. Kept beside each wrapped key. */
  readonly keyId: string;
  /** An absolute path and its arguments. Reads bytes as base64 on stdin, prints them encrypted as base64. */
  readonly wrap: readonly string[];
  /** The same for the way back. */
  readonly unwrap: readonly string[];
  readonly timeoutMs?: number;
}

/**
 * Opens a key-encryption key that an external program holds or reaches: the client of any key management
 * service. No shell is involved, and what the program prints on stderr is not read. A program that fails, is
 * late, or prints something else gives `KEY_PROVIDER_UNAVAILABLE`.
 */
export async function openCommandKey(options: CommandKeyOptions): Promise<KeyProvider> {
  if (!KEY_ID.test(options.keyId)) throw wrong("keyId", "expected up to 200 visible ASCII characters");
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw wrong("timeoutMs", `expected a whole number from 1 to ${MAX_TIMEOUT_MS}`);
  }
  for (const name of ["wrap", "unwrap"] as const) {
    if (!path.isAbsolute(options[name][0] ?? ""))
      throw wrong(name, "expected an absolute path and its arguments");
  }
  return new CommandKey({ ...options, timeoutMs });
}

class CommandKey implements KeyProvider {
  readonly kind = KIND;
  readonly keyId: string;
  readonly #options: CommandKeyOptions & { readonly timeoutMs: number };
  #closed = false;

  constructor(options: CommandKeyOptions & { readonly timeoutMs: number }) {
    this.keyId = `${KIND}:${options.keyId}`;
    this.#options = options;
  }

  async wrap(dataKeyId: string, dataKey: Uint8Array): Promise<Uint8Array> {
    const payload = bindPayload(dataKeyId, dataKey);
    try {
      return await this.#run("wrap", payload);
    } finally {
      payload.fill(0);
    }
  }

  async unwrap(dataKeyId: string, wrapped: Uint8Array): Promise<Buffer> {
    const payload = await this.#run("unwrap", wrapped);
    try {
      return readPayload(dataKeyId, payload);
    } finally {
      payload.fill(0);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
  }

  async #run(verb: "wrap" | "unwrap", input: Uint8Array): Promise<Buffer> {
    if (this.#closed) throw new SealingError("KEY_RING_CLOSED", "the key provider has been disposed of");
    const [program = "", ...args] = this.#options[verb];
    const { environment = {}, timeoutMs } = this.#options;
    const text = encodeSecret(input);
    const printed = await runCommand({ program, args, environment, timeoutMs }, text)
      .catch((cause: unknown) => {
        throw unavailable(verb, messageOf(cause), cause);
      })
      .finally(() => text.fill(0));
    const bytes = decodeSecret(withoutNewline(printed));
    printed.fill(0);
    if (bytes === undefined || bytes.length === 0) throw unavailable(verb, "it did not print base64");
    if (bytes.length > MAX_WRAPPED_BYTES)
      throw unavailable(verb, `it printed more than ${MAX_WRAPPED_BYTES} bytes`);
    return bytes;
  }
}

function withoutNewline(text: Buffer): Buffer {
  if (text.at(-1) !== 0x0a) return text;
  return text.subarray(0, text.at(-2) === 0x0d ? -2 : -1);
}

function unavailable(verb: string, why: string, cause?: unknown): SealingError {
  return new SealingError("KEY_PROVIDER_UNAVAILABLE", `the program that is to ${verb} a data key: ${why}`, {
    cause,
  });
}

function wrong(name: string, why: string): SealingError {
  return new SealingError("KEY_PROVIDER_SETTINGS", `setting "${name}" of the key provider "${KIND}": ${why}`);
}
