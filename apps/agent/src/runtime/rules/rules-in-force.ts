import { messageOf } from "@pratique/core";
import type { RuleFile, RuleSet } from "@pratique/rules";
import type { AgentLogger } from "../../agent-logger.ts";
import { withProfileRules } from "../learning/rules-of-profiles.ts";
import { productFiles, type RuleSources, readOwnFiles, rulesStamp } from "./rule-files.ts";
import { loadSoundRules } from "./sound-rules.ts";

export interface RulesInForceOptions {
  readonly sources: RuleSources;
  /** Rules of the profiles that are enforced, as text; empty where there are none. */
  readonly profileRules: () => string;
  /** Puts rules in force. */
  readonly put: (ruleSet: RuleSet) => Promise<void>;
  readonly log: AgentLogger;
}

/**
 * The rules by which this host's containers are watched: the product's, the server's, the operator's and those of enforced
 * profiles. A mistake takes no more out of force than the file that it is in, and that only where the agent has never
 * known it without the mistake.
 */
export class RulesInForce {
  readonly #options: RulesInForceOptions;
  #ruleSet: RuleSet = { rules: [], skipped: [] };
  #files: readonly RuleFile[] = [];
  #errors: readonly string[] = [];
  /** What was read last; undefined where that is to be read again in any case. */
  #stamp: string | undefined;
  #hasPut = false;

  constructor(options: RulesInForceOptions) {
    this.#options = options;
  }

  get ruleSet(): RuleSet {
    return this.#ruleSet;
  }

  /** The files in force, in the order in which they are loaded. */
  get files(): readonly RuleFile[] {
    return [...productFiles(this.#options.sources), ...this.#files];
  }

  /** What is wrong with files, a line each, and what holds in their place; empty where nothing is wrong. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** To be called every second or so: reads the files where one has changed, or could not be read before. Never rejects. */
  async refresh(): Promise<void> {
    try {
      await this.#take();
    } catch (thrown) {
      this.#stamp = undefined;
      this.#tell([messageOf(thrown)]);
    }
  }

  async #take(): Promise<void> {
    const { sources, profileRules, put, log } = this.#options;
    const profiles = profileRules();
    const stamp = `${rulesStamp(sources.directory)}\n${profiles}`;
    if (stamp === this.#stamp) return;
    const { own, unread } = this.#readOwn();
    if (unread !== undefined && this.#hasPut) {
      this.#tell([unread]);
      return;
    }
    const sound = loadSoundRules({ product: productFiles(sources), own, before: this.#files });
    const { ruleSet, error } = joined(sound.ruleSet, profiles);
    await put(ruleSet);
    this.#hasPut = true;
    this.#ruleSet = ruleSet;
    this.#files = sound.files;
    this.#stamp = unread === undefined ? stamp : undefined;
    this.#tell([unread, ...sound.errors, error].filter((each) => each !== undefined));
    for (const warning of sound.warnings) log.info({ warning }, "a rule may not mean what it says");
    log.info({ rules: ruleSet.rules.length }, "rules are in force");
  }

  /** What cannot be read, as where too many files are open, is read again the next time. */
  #readOwn(): { readonly own: readonly RuleFile[]; readonly unread?: string } {
    try {
      return { own: readOwnFiles(this.#options.sources) };
    } catch (thrown) {
      return { own: [], unread: messageOf(thrown) };
    }
  }

  #tell(errors: readonly string[]): void {
    const isNews = errors.length > 0 && errors.join("\n") !== this.#errors.join("\n");
    this.#errors = errors;
    if (isNews) this.#options.log.warn({ errors }, "not all rules were taken");
  }
}

function joined(ruleSet: RuleSet, profiles: string): { readonly ruleSet: RuleSet; readonly error?: string } {
  try {
    return { ruleSet: withProfileRules(ruleSet, profiles) };
  } catch (thrown) {
    return { ruleSet, error: messageOf(thrown) };
  }
}
