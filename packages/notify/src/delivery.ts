import { z } from "zod";
import type { NotifyError } from "./errors.ts";
import { type Message, messageSchema } from "./message.ts";

/** One message on its way through one channel. All of it is JSON. */
export const deliverySchema = z.strictObject({
  id: z.string(),
  channel: z.string(),
  message: messageSchema,
  state: z.enum(["waiting", "dead"]),
  /** Tries that failed. */
  attempts: z.int().min(0),
  /** Milliseconds since 1970. */
  createdAtMs: z.number(),
  nextAtMs: z.number(),
  lastError: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      status: z.int().optional(),
      atMs: z.number(),
    })
    .optional(),
});

export type Delivery = z.output<typeof deliverySchema>;

/** How often, and after what waits, a delivery is tried again. */
export interface DeliveryRetry {
  /** Tries in all; after the last the delivery is dead, and shown as such. */
  readonly maxAttempts: number;
  /** The longest wait before the second try; doubled for each that follows. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The longest wait that another end may ask for. */
  readonly maxRetryAfterMs: number;
}

export const defaultRetry: DeliveryRetry = {
  maxAttempts: 24,
  baseDelayMs: 5000,
  maxDelayMs: 30 * 60_000,
  maxRetryAfterMs: 3_600_000,
};

/** A delivery that was not tried yet. */
export function newDelivery(message: Message, channel: string, nowMs: number): Delivery {
  return {
    id: `${message.id}/${channel}`,
    channel,
    message,
    state: "waiting",
    attempts: 0,
    createdAtMs: nowMs,
    nextAtMs: nowMs,
  };
}

/** A delivery for which there was no room: dead from the beginning. */
export function refused(delivery: Delivery, nowMs: number): Delivery {
  const lastError = { code: "QUEUE_FULL", message: "too many deliveries wait already", atMs: nowMs };
  return { ...delivery, state: "dead", lastError };
}

/** A delivery after a try that failed: waiting for the next, or dead. */
export function afterFailure(
  delivery: Delivery,
  error: NotifyError,
  {
    retry,
    nowMs,
    random,
  }: {
    readonly retry: DeliveryRetry;
    readonly nowMs: number;
    readonly random: () => number;
  },
): Delivery {
  const attempts = delivery.attempts + 1;
  const isDead = attempts >= retry.maxAttempts || !isWorthRetrying(error);
  const { code, message, status } = error;
  return {
    ...delivery,
    attempts,
    state: isDead ? "dead" : "waiting",
    nextAtMs: nowMs + backoffMs(retry, attempts, { error, random }),
    lastError: { code, message, atMs: nowMs, ...(status !== undefined && { status }) },
  };
}

/** The wait after so many failures: half fixed, half by chance. What the other end asked for is a floor. */
export function backoffMs(
  retry: DeliveryRetry,
  failures: number,
  { error, random }: { readonly error: NotifyError | undefined; readonly random: () => number },
): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.baseDelayMs * 2 ** Math.min(failures - 1, 40));
  const asked = Math.min(retry.maxRetryAfterMs, error?.retryAfterMs ?? 0);
  return Math.round(Math.max(asked, ceiling / 2) + (random() * ceiling) / 2);
}

/** Whether a later try may bring another answer without anybody changing anything here. */
function isWorthRetrying({ code, permanent }: NotifyError): boolean {
  return !permanent && code !== "SETTINGS_INVALID";
}
