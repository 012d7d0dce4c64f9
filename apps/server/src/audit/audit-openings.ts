import type { Opening, PersonalField } from "@pratique/audit";
import { type Sealer, SealingError } from "@pratique/sealing";
import type { OpeningSeal, SealedOpening, Store, StoredOpening } from "@pratique/store";
import { openingId } from "@pratique/store";

const PURPOSE = "audit";
const AT_ONCE = 500;

/** Errors that tell of one value. Any other is of the keys as a whole. */
const ofOneValue: ReadonlySet<string> = new Set(["SEAL_MALFORMED", "SEAL_TAMPERED", "KEY_UNKNOWN"]);

/** What is behind the commitments of the log: sealed in the store, so that who reads that alone learns no names. */
export class AuditOpenings implements OpeningSeal {
  readonly #store: Store;
  readonly #sealer: Sealer;

  constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** Throws SealingError. */
  async seal(id: string, { field, salt, value }: Opening): Promise<SealedOpening> {
    const sealed = await this.#sealer.seal(PURPOSE, placeOf(id), JSON.stringify({ salt, value }));
    return { sealed, mark: await this.#sealer.blindIndex(PURPOSE, marked(field, value)) };
  }

  /** None where it was tampered with, or its key is lost: the entry itself must stay readable. Throws SealingError. */
  async open({ id, field, content }: StoredOpening): Promise<readonly Opening[]> {
    if ("unsealed" in content) return [content.unsealed];
    try {
      const bytes = await this.#sealer.open(PURPOSE, placeOf(id), content.sealed);
      // Sealed by this class alone; a value that does not fit its commitment is noticed by who uses it.
      const { salt, value }: Pick<Opening, "salt" | "value"> = JSON.parse(bytes.toString("utf8"));
      bytes.fill(0);
      return [{ field, salt, value }];
    } catch (thrown) {
      if (thrown instanceof SealingError && ofOneValue.has(thrown.code)) return [];
      throw thrown;
    }
  }

  /** Opens what is known of an entry. */
  async openAll(stored: readonly StoredOpening[]): Promise<readonly Opening[]> {
    const opened: Opening[] = [];
    for (const each of stored) opened.push(...(await this.open(each)));
    return opened;
  }

  /** The marks by which a whole name or address is found, case ignored. */
  async marksOf(value: string): Promise<readonly string[]> {
    return [...(await this.#marks("actor.name", value)), ...(await this.#marks("actor.address", value))];
  }

  /**
   * Erases what is known of an account, or an address wherever it is known. Gives how many entries it was of. What was
   * cut short is done when it is called again.
   */
  async erase({
    account,
    address,
  }: {
    readonly account?: string;
    readonly address?: string;
  }): Promise<number> {
    const { openings } = this.#store.audit;
    const ofAccount = account === undefined ? 0 : await openings.eraseActor(account);
    if (address === undefined) return ofAccount;
    return ofAccount + (await openings.eraseAddress(address, await this.#marks("actor.address", address)));
  }

  /** Seals what was stored before openings were sealed. Gives how many there were. */
  async sealEarlier(signal: AbortSignal): Promise<number> {
    const { openings } = this.#store.audit;
    let sealed = 0;
    for (;;) {
      const batch = signal.aborted ? [] : await openings.unsealed(AT_ONCE);
      if (batch.length === 0) return sealed;
      const replacements = [];
      for (const { index, opening } of batch) {
        const by = await this.seal(openingId(index, opening.field), opening);
        replacements.push({ index, opening, by });
      }
      await openings.replaceUnsealed(replacements);
      sealed += batch.length;
    }
  }

  async #marks(field: PersonalField, value: string): Promise<readonly string[]> {
    return await this.#sealer.blindIndexes(PURPOSE, marked(field, value));
  }
}

function placeOf(id: string) {
  return { table: "audit_sealed_openings", column: "sealed_opening", rowId: id };
}

function marked(field: PersonalField, value: string): string {
  return `${field}\0${value.toWellFormed().toLowerCase()}`;
}
