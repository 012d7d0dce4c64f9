import { messageOf } from "@pratique/core";
import {
  type Channel,
  type ChannelEffects,
  type ChannelKind,
  channelKinds,
  NotifyError,
} from "@pratique/notify";
import type { Sealer } from "@pratique/sealing";
import type { StoredChannel } from "@pratique/store";
import { channelSecrets } from "./channel-secrets.ts";
import { NOBODY } from "./routing-table.ts";

/** The kind of a name. Throws `SETTINGS_INVALID`. */
export function channelKindOf(name: string): ChannelKind {
  const kind = channelKinds.find((each) => each.name === name);
  if (kind !== undefined) return kind;
  throw new NotifyError("SETTINGS_INVALID", `there is no kind of channel ${JSON.stringify(name)}`);
}

/** The channels as they are set up now, each opened when it is new or has changed. */
export class ChannelShelf {
  readonly #sealer: Sealer;
  readonly #effects: ChannelEffects;
  readonly #onBroken: (id: string, why: string) => void;
  #open: ReadonlyMap<string, { readonly revision: string; readonly channel: Channel }> = new Map();

  constructor(
    sealer: Sealer,
    effects: ChannelEffects,
    onBroken: (id: string, why: string) => void = () => undefined,
  ) {
    this.#sealer = sealer;
    this.#effects = effects;
    this.#onBroken = onBroken;
  }

  /** Opens one channel. Throws NotifyError and SealingError. */
  async open(stored: StoredChannel): Promise<Channel> {
    const secrets = await channelSecrets.open(this.#sealer, stored);
    return channelKindOf(stored.kind).open({ ...stored.settings, ...secrets }, this.#effects);
  }

  /** Takes over what is set up now. A channel that does not open is left out, and told. */
  async refresh(stored: readonly StoredChannel[]): Promise<void> {
    const next = new Map<string, { readonly revision: string; readonly channel: Channel }>();
    for (const each of stored) {
      if (!each.enabled) continue;
      const { id, revision } = each;
      const held = this.#open.get(id);
      try {
        next.set(id, held?.revision === revision ? held : { revision, channel: await this.open(each) });
      } catch (thrown) {
        this.#onBroken(id, messageOf(thrown));
      }
    }
    this.#open = next;
  }

  names(): ReadonlySet<string> {
    return new Set(this.#open.keys());
  }

  get(id: string): Channel | undefined {
    return id === NOBODY ? this.#nobody() : this.#open.get(id)?.channel;
  }

  /** Accepts everything, and tells nobody. */
  #nobody(): Channel {
    const receipt = (messageId: string) => ({
      messageId,
      deliveredAt: this.#effects.now(),
      peer: undefined,
      answer: "nobody is told",
    });
    return {
      kind: "nobody",
      send: async ({ id }) => receipt(id),
      test: async () => ({ ok: true, receipt: receipt("") }),
    };
  }
}
