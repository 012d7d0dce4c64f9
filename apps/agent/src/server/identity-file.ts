import { readFileSync } from "node:fs";
import path from "node:path";
import { hasCode, messageOf } from "@pratique/core";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";
import { AgentError } from "../errors.ts";

const identity = z.strictObject({
  form: z.literal(1),
  /** Where the server listens for agents: `https://server.example:8444`. */
  url: z.string(),
  host: z.string(),
  /** Never leaves this host. */
  key: z.string(),
  certificate: z.string(),
  authorities: z.string(),
  expiresAt: z.string(),
  renewAt: z.string(),
});

/** With what a host that has joined shows who it is. */
export type HostIdentity = Readonly<Omit<z.output<typeof identity>, "form">>;

/**
 * The identity of this host, in one file: key and certificate change together. Mode 0600.
 *
 * Whoever copies it speaks as this host; the server notices when both do.
 */
export class IdentityFile {
  readonly #file: string;

  constructor(directory: string) {
    this.#file = path.join(directory, "identity.json");
  }

  /** Undefined where this host has not joined. Throws `IDENTITY_UNREADABLE` where it has, and cannot show it. */
  read(): HostIdentity | undefined {
    let text: string;
    try {
      text = readFileSync(this.#file, "utf8");
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) return undefined;
      throw unreadable(this.#file, cause);
    }
    try {
      const { form: _, ...held } = identity.parse(JSON.parse(text));
      return held;
    } catch (cause) {
      throw unreadable(this.#file, cause);
    }
  }

  /** When this returns, the identity outlives a power failure. Throws what the file system throws. */
  write(held: HostIdentity): void {
    replaceFileForGood(this.#file, JSON.stringify({ form: 1, ...held }));
  }
}

function unreadable(file: string, cause: unknown): AgentError {
  return new AgentError(
    "IDENTITY_UNREADABLE",
    `the identity of this host in ${JSON.stringify(file)} cannot be read: ${messageOf(cause)}`,
    { cause },
  );
}
