import type { RecordBus } from "@pratique/bus";
import { RecentMap } from "@pratique/core";

/** More logs than this are asked for again. */
const MAX_REMEMBERED = 50_000;

/** Which host writes a log. It is the one that began it, for ever: so it is asked for once. */
export class LogOwners {
  readonly #bus: Pick<RecordBus, "head">;
  readonly #owners = new RecentMap<string, string>(MAX_REMEMBERED);

  constructor(bus: Pick<RecordBus, "head">) {
    this.#bus = bus;
  }

  /** Undefined where nothing of the log was heard yet. */
  async of(logId: string): Promise<string | undefined> {
    const known = this.#owners.get(logId);
    if (known !== undefined) return known;
    const owner = (await this.#bus.head(logId))?.host;
    if (owner === undefined) return undefined;
    this.#owners.set(logId, owner);
    return owner;
  }
}
