import { type IpNetwork, parseNetwork } from "../canonical/address.ts";
import { canonicalName, nameAndParents } from "../canonical/domain.ts";
import { hostOf } from "../canonical/guard.ts";
import { fnv1a64, randomHash64 } from "../canonical/hash64.ts";
import { KeyTable } from "../canonical/key-table.ts";
import type { Observable } from "../canonical/observable.ts";
import { type PrefixSet, prefixSetOf } from "../canonical/prefix-set.ts";
import { RowTable } from "../canonical/row-table.ts";

/** How the entries of a list are meant, by the names of MISP. */
export const warningListTypes = ["cidr", "hostname", "string", "substring", "regex"] as const;
export type WarningListType = (typeof warningListTypes)[number];

/** A list of what many use for honest ends: clouds, resolvers, well-known sites. */
export interface WarningList {
  /** The folder's name, by which it can be left out. */
  readonly id: string;
  readonly name: string;
  readonly type: WarningListType;
  readonly entries: readonly string[];
}

/**
 * Lists of providers below whose names anybody may have one: that `evil.duckdns.org` lies below `duckdns.org` excuses
 * nothing, in whatever list of well-known sites that may be as well. Of these the names themselves count, and not what
 * is below.
 */
const SHARED_NAMES: ReadonlySet<string> = new Set([
  "dynamic-dns",
  "link-in-bio",
  "lots-project",
  "public-ipfs-gateways",
  "second-level-tlds",
  "tlds",
]);

/** How a name came to be in the table; what covers more wins. */
const BELOW = 0;
const EXACT = 1;
/** It is not listed itself, but something below it is: to block it would block that. */
const ABOVE = 2;
const MODES = 3;

/** Address, length of the prefix, number of the list. */
const NETWORK_COLUMNS = 3;
const MAX_SUBSTRINGS = 2000;
const MAX_EXPRESSIONS = 500;
const MAX_EXPRESSION_LENGTH = 500;

/** Says of indicators whether a warning list speaks of them, and so that they are not to be blocked blindly. */
export class WarningLists {
  readonly #ids: string[] = [];
  readonly #names = new KeyTable();
  readonly #shared = new KeyTable({ keysOnly: true });
  /** Without it, a name could be found that has the hash of a well-known one, and is excused with it. */
  readonly #secret = randomHash64();
  readonly #v4 = new RowTable(NETWORK_COLUMNS);
  readonly #v6: (readonly [IpNetwork, number])[] = [];
  readonly #substrings: (readonly [string, number])[] = [];
  readonly #listed: (readonly [RegExp, number])[] = [];
  #networks: PrefixSet<number> | undefined;
  #expressions: readonly (readonly [RegExp, number])[] = [];
  #skipped = 0;

  constructor(lists: Iterable<WarningList> = []) {
    for (const list of lists) this.add(list);
  }

  /** Takes one list in; of its entries nothing is held but what they are found by. */
  add({ id, type, entries }: WarningList): void {
    const number = this.#ids.push(id) - 1;
    for (const entry of entries) {
      if (!this.#addEntry(entry, type, number)) this.#skipped += 1;
    }
    this.#networks = undefined;
  }

  /** Entries that could not be used. */
  get skipped(): number {
    return this.#skipped;
  }

  get size(): number {
    return this.#ids.length;
  }

  /** The id of a list that an indicator is on, or would hit something of. */
  find({ kind, value, key, network }: Observable): string | undefined {
    if (kind === "hash") return undefined;
    const networks = this.#prepared();
    const number =
      network === undefined ? this.#findName(kind === "url" ? hostOf(key) : value) : networks.find(network);
    return number === undefined ? undefined : this.#ids[number];
  }

  #addEntry(entry: string, type: WarningListType, number: number): boolean {
    if (type === "regex") {
      const expression = this.#listed.length < MAX_EXPRESSIONS ? safeExpression(entry) : undefined;
      if (expression !== undefined) this.#listed.push([expression, number]);
      return expression !== undefined;
    }
    const network = parseNetwork(entry);
    if (network?.family === 4) this.#v4.push(network.value, network.prefix, number);
    else if (network !== undefined) this.#v6.push([network, number]);
    else if (type === "substring" && this.#substrings.length < MAX_SUBSTRINGS)
      this.#substrings.push([entry, number]);
    else return this.#addName(entry, type, number);
    return true;
  }

  /** What is searched in is made when it is first asked for. */
  #prepared(): PrefixSet<number> {
    if (this.#networks !== undefined) return this.#networks;
    this.#expressions = [...substringExpressions(this.#substrings), ...this.#listed];
    this.#networks = prefixSetOf(this.#allNetworks());
    return this.#networks;
  }

  *#allNetworks(): Generator<readonly [IpNetwork, number]> {
    for (let row = 0; row < this.#v4.count; row += 1) {
      yield [{ family: 4, value: this.#v4.at(row, 0), prefix: this.#v4.at(row, 1) }, this.#v4.at(row, 2)];
    }
    yield* this.#v6;
  }

  #addName(entry: string, type: WarningListType, number: number): boolean {
    const name = canonicalName(entry.replace(/^[a-z]+:\/\//u, "").split("/", 1)[0] ?? "");
    if (name === undefined) return false;
    const isShared = SHARED_NAMES.has(this.#ids[number] ?? "");
    const isBelow = (type === "hostname" || entry.startsWith(".")) && !isShared;
    if (isShared) this.#shared.set(fnv1a64(name, this.#secret));
    for (const each of nameAndParents(name)) {
      const mode = each !== name ? ABOVE : isBelow ? BELOW : EXACT;
      const hash = fnv1a64(each, this.#secret);
      const before = this.#names.get(hash);
      if (before === undefined || before % MODES > mode) this.#names.set(hash, number * MODES + mode);
    }
    return true;
  }

  #findName(name: string): number | undefined {
    for (const each of nameAndParents(name)) {
      const hash = fnv1a64(each, this.#secret);
      if (each !== name && this.#shared.get(hash) !== undefined) break;
      const found = this.#names.get(hash);
      if (found !== undefined && (each === name || found % MODES === BELOW)) return Math.floor(found / MODES);
    }
    for (const [expression, number] of this.#expressions) {
      if (expression.test(name)) return number;
    }
    return undefined;
  }
}

/** One expression for each list instead of one search for each text. */
function substringExpressions(substrings: readonly (readonly [string, number])[]): [RegExp, number][] {
  const byList = new Map<number, string[]>();
  for (const [text, number] of substrings) {
    if (text.length < 4) continue;
    byList.set(number, [...(byList.get(number) ?? []), escapeExpression(text.toLowerCase())]);
  }
  return [...byList].map(([number, texts]) => [new RegExp(texts.join("|"), "u"), number]);
}

/**
 * An expression of a list, `/…/i` or bare. Those that could take for ever are left out: a repetition of what repeats,
 * back references, look-around.
 */
function safeExpression(text: string): RegExp | undefined {
  const parts = /^\/(?<body>.*)\/[a-z]*$/su.exec(text)?.groups;
  const body = parts?.body ?? text;
  const isRisky = /\\[1-9k]|\(\?[=!<]|[*+}]\??\)[*+{]|\)[*+{].*\)[*+{]/u.test(body);
  if (body.length > MAX_EXPRESSION_LENGTH || isRisky) return undefined;
  try {
    return new RegExp(body, "i");
  } catch {
    // Written for another language of expressions; it is counted as one that could not be used.
    return undefined;
  }
}

function escapeExpression(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
