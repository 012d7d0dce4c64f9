import { readFileSync } from "node:fs";
import path from "node:path";
import type { AgentWork } from "@pratique/api";
import { hasCode, messageOf } from "@pratique/core";
import { loadPolicies, type PolicyDocument } from "@pratique/policy";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";

const kept = z.strictObject({
  form: z.literal(1),
  revision: z.string(),
  labels: z.record(z.string(), z.string()),
  documents: z.array(z.strictObject({ path: z.string(), text: z.string() })),
});

/** What the server wants in force on this host. */
export interface WantedPolicies {
  /** The server's own name for it; empty where it has said nothing yet. */
  readonly revision: string;
  /** Labels that the server gives the host. */
  readonly labels: Readonly<Record<string, string>>;
  readonly documents: readonly PolicyDocument[];
}

const NOTHING: WantedPolicies = { revision: "", labels: {}, documents: [] };

/**
 * The policies that the server sent, in one file, so that they hold before the server is reached again. Their paths
 * are names for people: nothing is written under them.
 */
export class ServerPolicies {
  readonly #file: string;
  #current: WantedPolicies;
  #problem = "";

  constructor(directory: string) {
    this.#file = path.join(directory, "current.json");
    this.#current = this.#read();
  }

  /** Why the policies that the server sent before are not in force; empty where they are, or there were none. */
  get problem(): string {
    return this.#problem;
  }

  get current(): WantedPolicies {
    return this.#current;
  }

  /**
   * Takes what the server sent. Throws PolicyError where it does not compile, and what the file system throws: what
   * was in force before stays so.
   */
  take(revision: string, { documents, labels }: NonNullable<AgentWork["policies"]>): void {
    const named = documents.map(({ path: name, text }) => ({ path: `server:${name}`, text }));
    loadPolicies(named);
    replaceFileForGood(this.#file, JSON.stringify({ form: 1, revision, labels, documents: named }));
    this.#current = { revision, labels, documents: named };
    this.#problem = "";
  }

  /** A file that is damaged is asked for again: the server still has it. */
  #read(): WantedPolicies {
    try {
      const { form: _, ...wanted } = kept.parse(JSON.parse(readFileSync(this.#file, "utf8")));
      loadPolicies(wanted.documents);
      return wanted;
    } catch (thrown) {
      if (!hasCode(thrown, "ENOENT"))
        this.#problem = `what the server sent cannot be read: ${messageOf(thrown)}`;
      return NOTHING;
    }
  }
}
