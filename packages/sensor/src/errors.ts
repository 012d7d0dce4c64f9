import { PratiqueError } from "@pratique/core";

export type SensorErrorCode =
  /** What came from the native sensor, or out of a recording, is not in the form of `native/wire.h`. */
  | "WIRE_MALFORMED"
  /** The native sensor could not be started, or ended before it was ready. */
  | "SENSOR_UNAVAILABLE"
  /** The native sensor refused a command; the message is its own. */
  | "COMMAND_REFUSED"
  /** The native sensor did not answer in time, or ended before it did. */
  | "COMMAND_UNANSWERED";

/** What the sensor could not do. */
export class SensorError extends PratiqueError<SensorErrorCode> {
  override readonly name = "SensorError";
}
