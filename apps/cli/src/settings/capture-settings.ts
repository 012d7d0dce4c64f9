import type { CaptureChoices } from "@pratique/agent";
import { MiB } from "@pratique/core";
import type { ConfigFile } from "./config.ts";

const SECONDS = 60;
const SNAP_LENGTH = 256;
const PACKETS_PER_CONTAINER = 200;
const SAVE_AFTER_SECONDS = 5;
const KEPT = 100;
const KEPT_MEGABYTES = 256;

/** What the flight recorder keeps, and when it is saved. */
export function captureChoicesOf(config: NonNullable<ConfigFile["runtime"]>["capture"] = {}): CaptureChoices {
  const { seconds = SECONDS, packets = false, save = "warning" } = config;
  return {
    seconds,
    packets: packets
      ? {
          snapLength: config.snapLength ?? SNAP_LENGTH,
          perContainerPerSecond: config.packetsPerContainer ?? PACKETS_PER_CONTAINER,
        }
      : undefined,
    saving:
      save === "off"
        ? undefined
        : {
            from: save,
            afterMs: (config.saveAfterSeconds ?? SAVE_AFTER_SECONDS) * 1000,
            maxCaptures: config.keep ?? KEPT,
            maxBytes: (config.keepMegabytes ?? KEPT_MEGABYTES) * MiB,
          },
  };
}
