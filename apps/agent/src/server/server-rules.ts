import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { awaitWork } from "@pratique/api";
import { RulesError } from "@pratique/rules";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";
import {
  fileOfServer,
  isFileOfServer,
  productFiles,
  type RuleSources,
  readOwnFiles,
} from "../runtime/rules/rule-files.ts";
import { loadSoundRules } from "../runtime/rules/sound-rules.ts";

type SentRules = NonNullable<z.output<typeof awaitWork.reply>["rules"]>;

const kept = awaitWork.reply.shape.rules.unwrap().extend({ form: z.literal(1) });

/**
 * The files of rules that the server sent. They lie among the host's own, under names that begin with the server's
 * prefix, so that the watch reads them as it reads those; and once more in one file, so that what somebody changes or
 * removes by hand is as the server wants it from the next start on.
 */
export class ServerRules {
  readonly #file: string;
  readonly #sources: RuleSources;
  #revision = "";

  /** `directory` is where what was sent is kept. */
  constructor(directory: string, sources: RuleSources) {
    this.#file = path.join(directory, "rules.json");
    this.#sources = sources;
    this.#restore();
  }

  /** The server's own name for what it sent; empty where it has said nothing yet. */
  get revision(): string {
    return this.#revision;
  }

  /**
   * Takes what the server sent. Throws `RULES_INVALID` where one of its files does not load together with the host's own,
   * and what the file system throws: the rules that were in force before stay so. A mistake in a file of the host's own is
   * no reason to refuse the server's.
   */
  take({ revision, files }: SentRules): void {
    const named = files.map(({ name, text }) => ({ name: fileOfServer(name), text }));
    const own = readOwnFiles(this.#sources, named);
    const { faulty, errors } = loadSoundRules({ product: productFiles(this.#sources), own });
    if (named.some(({ name }) => faulty.has(name))) throw new RulesError("RULES_INVALID", errors.join("; "));
    this.#write(files);
    replaceFileForGood(this.#file, JSON.stringify({ form: 1, revision, files }));
    this.#revision = revision;
  }

  /** What is damaged, or cannot be written, is asked for again: the server still has it. */
  #restore(): void {
    try {
      const { revision, files } = kept.parse(JSON.parse(readFileSync(this.#file, "utf8")));
      this.#write(files);
      this.#revision = revision;
    } catch {
      // Asked for again, and until then the rules that lie in the directory hold.
      this.#revision = "";
    }
  }

  /** First what is new, then without what is gone: rules are rather there twice for a moment than not at all. */
  #write(files: SentRules["files"]): void {
    const { directory } = this.#sources;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const wanted = new Set<string>();
    for (const { name, text } of files) {
      const file = fileOfServer(name);
      wanted.add(file);
      if (textIn(path.join(directory, file)) !== text) replaceFileForGood(path.join(directory, file), text);
    }
    for (const file of readdirSync(directory)) {
      if (isFileOfServer(file) && !wanted.has(file)) rmSync(path.join(directory, file), { force: true });
    }
  }
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Then it is written, and whatever is wrong with the place is thrown by that.
    return undefined;
  }
}
