import { PratiqueError } from "@pratique/core";

export type BusErrorCode =
  /** Nobody takes batches in, or the bus has been closed. */
  | "BUS_CLOSED"
  /** No more can be kept on the way: what takes records in has been away for too long. */
  | "BUS_FULL"
  /** A setting or a file that it names is not what is taken. */
  | "BUS_SETTINGS"
  /** NATS cannot be reached, or does not answer as it should. */
  | "BUS_UNAVAILABLE";

/** Records cannot be carried. */
export class BusError extends PratiqueError<BusErrorCode> {
  override readonly name = "BusError";
}
