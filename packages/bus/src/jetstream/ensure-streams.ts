import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import {
  DEFAULT_ACK_WAIT_MS,
  DEFAULT_MAX_BYTES,
  DEFAULT_STREAM,
  type JetStreamSettings,
} from "./settings.ts";

/** The durable consumer that all servers share. */
export const CONSUMER = "store";
const NS_IN_MS = 1_000_000;
/** How many messages all servers together may hold that are not acknowledged yet. */
const MAX_ACK_PENDING = 2000;
/** How long NATS remembers the ids of messages, so that one that is sent again is stored once. */
const DUPLICATE_WINDOW_NS = 120_000 * NS_IN_MS;
const MAX_REFUSED_BYTES = 1024 ** 3;

/** What a stream and its subjects are called. */
export interface StreamNames {
  readonly stream: string;
  /** `records.<log>`; with the name of the stream where that is not the usual one. */
  readonly subject: string;
  /** Copies of what could not be taken in: evidence, and nothing that waits. */
  readonly refusedStream: string;
  readonly refusedSubject: string;
}

export function namesOf({ stream = DEFAULT_STREAM }: JetStreamSettings): StreamNames {
  const subject = stream === DEFAULT_STREAM ? "records" : `records-${stream}`;
  return { stream, subject, refusedStream: `${stream}-refused`, refusedSubject: `${subject}-refused` };
}

/** Makes the streams and their consumer where they are missing, and gives those that are there the form that is wanted. */
export async function ensureStreams(manager: JetStreamManager, settings: JetStreamSettings): Promise<void> {
  const names = namesOf(settings);
  const common = { storage: StorageType.File, num_replicas: settings.replicas ?? 1 };
  await ensureStream(manager, {
    ...common,
    name: names.stream,
    subjects: [`${names.subject}.*`],
    retention: RetentionPolicy.Limits,
    // A full stream refuses what is new, rather than drop what was acknowledged.
    discard: DiscardPolicy.New,
    max_bytes: settings.maxBytes ?? DEFAULT_MAX_BYTES,
    duplicate_window: DUPLICATE_WINDOW_NS,
  });
  await ensureStream(manager, {
    ...common,
    name: names.refusedStream,
    subjects: [`${names.refusedSubject}.*`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_bytes: Math.min(MAX_REFUSED_BYTES, settings.maxBytes ?? MAX_REFUSED_BYTES),
    duplicate_window: DUPLICATE_WINDOW_NS,
  });
  await manager.consumers.add(names.stream, {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: (settings.ackWaitMs ?? DEFAULT_ACK_WAIT_MS) * NS_IN_MS,
    max_deliver: -1,
    max_ack_pending: MAX_ACK_PENDING,
  });
}

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, "name">;

async function ensureStream(manager: JetStreamManager, wanted: Wanted): Promise<void> {
  for await (const name of manager.streams.names()) {
    if (name === wanted.name) return void (await manager.streams.update(wanted.name, wanted));
  }
  await manager.streams.add(wanted);
}
