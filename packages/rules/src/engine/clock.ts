/** Counts the events that were asked about, so that what was found out for one is not taken for the next. */
export class Clock {
  now = 0;
}

/** Keeps the answer of a test for the event at hand. */
export class Memo<Event> {
  readonly #clock: Clock;
  readonly #test: (event: Event) => boolean;
  #at = -1;
  #held = false;

  constructor(clock: Clock, test: (event: Event) => boolean) {
    this.#clock = clock;
    this.#test = test;
  }

  ask(event: Event): boolean {
    if (this.#at !== this.#clock.now) {
      this.#held = this.#test(event);
      this.#at = this.#clock.now;
    }
    return this.#held;
  }
}
