import type { Sealer } from "@pratique/sealing";
import type { z } from "zod";

/** A row, as far as its secrets go. */
interface SecretRow {
  readonly id: string;
  readonly sealedSecrets: string | null;
}

/** The secrets among the settings of each row of a table: they are sealed together, in its column `sealed_secrets`. */
export class RowSecrets<Secrets extends object> {
  readonly #table: string;
  readonly #schema: z.ZodType<Secrets>;

  constructor(table: string, schema: z.ZodType<Secrets>) {
    this.#table = table;
    this.#schema = schema;
  }

  /** Null where there are none. Throws SealingError. */
  async seal(sealer: Sealer, id: string, secrets: Secrets): Promise<string | null> {
    if (Object.keys(secrets).length === 0) return null;
    return await sealer.seal(this.#table, this.#placeOf(id), JSON.stringify(secrets));
  }

  /** Opens what {@link seal} gave. Throws SealingError. */
  async open(sealer: Sealer, { id, sealedSecrets }: SecretRow): Promise<Secrets> {
    const bytes =
      sealedSecrets === null
        ? Buffer.from("{}")
        : await sealer.open(this.#table, this.#placeOf(id), sealedSecrets);
    try {
      return this.#schema.parse(JSON.parse(bytes.toString("utf8")));
    } finally {
      bytes.fill(0);
    }
  }

  #placeOf(id: string) {
    return { table: this.#table, column: "sealed_secrets", rowId: id };
  }
}
