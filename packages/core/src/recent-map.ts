/** A map that holds so many entries at most: what was set longest ago makes room for what is set now. */
export class RecentMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  /** Sets an entry, which is the latest then. To keep one that is used, set it again. */
  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    const oldest = this.keys().next();
    if (this.size > this.#most && oldest.done !== true) this.delete(oldest.value);
    return this;
  }
}
