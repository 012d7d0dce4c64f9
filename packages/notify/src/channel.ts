import type { AddressRule, ConnectionPeer, HttpClientOptions, ResolveName } from "@pratique/http";
import type { z } from "zod";
import { NotifyError, type NotifyErrorCode } from "./errors.ts";
import { classifyFailure } from "./failure.ts";
import { type Message, testMessage } from "./message.ts";

const DEFAULT_DEADLINE_MS = 30_000;

/** What a channel needs from outside. */
export interface ChannelEffects {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** A new identifier that nobody else has. */
  readonly newId: () => string;
  /** Where channels may connect to. Settings of channels come from people who may not reach the inside. */
  readonly addresses: AddressRule;
  readonly resolve?: ResolveName;
  /** Certificates in PEM that are trusted besides those that Node brings. */
  readonly extraCertificates?: readonly string[];
  readonly proxy?: NonNullable<HttpClientOptions["proxy"]>;
  /** The name that this host goes by, for mail servers and log receivers. */
  readonly hostName: string;
  /** For one delivery, from the first look-up to the last answer. */
  readonly deadlineMs?: number;
}

/** What the other end said to a delivery that it accepted. */
export interface Delivered {
  /** Absent where a proxy made the connection. */
  readonly peer: ConnectionPeer | undefined;
  /** HTTP status or SMTP reply code; absent where the protocol has none. */
  readonly status?: number;
  /** What the other end said, or that the protocol knows no answer. */
  readonly answer: string;
}

/** The proof of one delivery. */
export interface DeliveryReceipt extends Delivered {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly deliveredAt: number;
}

/** What came of trying a channel with a real message. */
export type ChannelTest =
  | { readonly ok: true; readonly receipt: DeliveryReceipt }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: NotifyErrorCode;
        readonly message: string;
        readonly status: number | undefined;
        readonly remoteText: string | undefined;
        /** Whom it met before it failed; absent where it met nobody who proved himself. */
        readonly peer: ConnectionPeer | undefined;
      };
    };

/** A way to tell somebody something, with its settings. */
export interface Channel {
  readonly kind: string;
  /**
   * Resolves when the other end has accepted the message, as far as its protocol tells. Rejects with a
   * `NotifyError`. After a rejection the message may have arrived all the same; its id stays the same.
   */
  send(message: Message, signal?: AbortSignal): Promise<DeliveryReceipt>;
  /** Sends a real message and tells what happened: whom it met, and what was answered. */
  test(signal?: AbortSignal): Promise<ChannelTest>;
}

/** One kind of channel. */
export interface ChannelKind {
  readonly name: string;
  /** Raised when the same message is told in another form. */
  readonly version: number;
  /** The form of its settings. */
  readonly schema: z.ZodType;
  /** The fields of the settings that are secret: to be sealed where they are stored, and shown to nobody. */
  readonly secrets: readonly string[];
  /** Throws `SETTINGS_INVALID`, which names the fields but none of the values. */
  open(settings: unknown, effects: ChannelEffects): Channel;
}

/** A kind of channel as its file writes it down. */
export interface ChannelDefinition<Settings> {
  readonly name: string;
  readonly version: number;
  readonly schema: z.ZodType<Settings>;
  readonly secrets: readonly string[];
  /** The other end, without anything secret: `hooks.example.org:443`. */
  where(settings: Settings): string;
  deliver(
    message: Message,
    context: {
      readonly settings: Settings;
      readonly effects: ChannelEffects;
      readonly signal: AbortSignal;
      /** Told of the other end as soon as it is connected, so that failures can name it too. */
      readonly met: (peer: ConnectionPeer) => void;
    },
  ): Promise<Delivered>;
}

type Attempt = (
  message: Message,
  outer: AbortSignal | undefined,
  met: (peer: ConnectionPeer) => void,
) => Promise<DeliveryReceipt>;

/** Gives a definition what all channels have: checked settings, a deadline, one kind of error, a trial. */
export function defineChannel<Settings>(definition: ChannelDefinition<Settings>): ChannelKind {
  const { name, version, schema, secrets } = definition;
  return {
    name,
    version,
    schema,
    secrets,
    open(unchecked, effects) {
      const settings = parseSettings(schema, unchecked, `channel ${JSON.stringify(name)}`);
      const attempt: Attempt = async (message, outer, met) => {
        const deadline = AbortSignal.timeout(effects.deadlineMs ?? DEFAULT_DEADLINE_MS);
        const signal = outer === undefined ? deadline : AbortSignal.any([outer, deadline]);
        try {
          signal.throwIfAborted();
          const delivered = await definition.deliver(message, { settings, effects, signal, met });
          return { ...delivered, messageId: message.id, deliveredAt: effects.now() };
        } catch (thrown) {
          throw classifyFailure(thrown, definition.where(settings), signal);
        }
      };
      return {
        kind: name,
        send: (message, signal) => attempt(message, signal, () => undefined),
        test: (signal) => tryOut(attempt, effects, signal),
      };
    },
  };
}

async function tryOut(
  attempt: Attempt,
  effects: ChannelEffects,
  signal: AbortSignal | undefined,
): Promise<ChannelTest> {
  let peer: ConnectionPeer | undefined;
  const met = (connected: ConnectionPeer) => {
    peer = connected;
  };
  const message = testMessage(effects.newId(), new Date(effects.now()).toISOString());
  try {
    return { ok: true, receipt: await attempt(message, signal, met) };
  } catch (thrown) {
    if (!(thrown instanceof NotifyError)) throw thrown;
    const { code, status, remoteText } = thrown;
    return { ok: false, error: { code, message: thrown.message, status, remoteText, peer } };
  }
}

/** Checks settings. Throws `SETTINGS_INVALID` with the names of fields, and never with what is in them. */
export function parseSettings<Settings>(
  schema: z.ZodType<Settings>,
  unchecked: unknown,
  what: string,
): Settings {
  const parsed = schema.safeParse(unchecked);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${JSON.stringify(path.join("."))}: ${message}`);
  throw new NotifyError(
    "SETTINGS_INVALID",
    `settings of ${what} are not in their form: ${issues.join("; ")}`,
  );
}
