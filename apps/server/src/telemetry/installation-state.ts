import type { Priority } from "@pratique/core";
import type { HostSensor, Job } from "@pratique/store";
import type { ExporterLag } from "../audit/log-exports.ts";
import type { WitnessState } from "../audit/witness-board.ts";

/** The parts of an installation as they are now, in numbers. What cannot be had is undefined, and says why. */
export interface InstallationState {
  readonly store: { readonly pingMs: number } | { readonly failure: string };
  readonly jobs: { readonly queued: number; readonly failed: number; readonly listed: readonly Job[] };
  readonly audit: {
    readonly entries: number;
    readonly signed: number;
    /** Why this server could not sign the log, or keep what it signed, when it last tried; undefined where it could. */
    readonly problem: string | undefined;
    readonly witnesses: readonly WitnessState[];
    readonly exporters: readonly ExporterLag[];
  };
  readonly notifications: {
    /** How many deliveries wait. */
    readonly waiting: number;
    /** The names of the channels that are switched on. */
    readonly channels: readonly string[];
    /** Those of them whose last delivery failed. */
    readonly failing: readonly string[];
  };
  /** What is kept of layers for all who share the store. */
  readonly layerIndexes: {
    readonly count: number;
    readonly bytes: number;
    /** The hosts that have read a layer differently lately; empty where none have. */
    readonly differing: readonly string[];
  };
  readonly encryption: {
    /** Who holds the key that the data keys are wrapped with; empty where there is none yet. */
    readonly provider: string;
    /** How many data keys each purpose has that are not retired. */
    readonly keys: Readonly<Record<string, number>>;
    /** When a data key was last made; empty where none was. */
    readonly rotatedAt: string;
    /** Values that are sealed under a key which is no longer written with. */
    readonly waiting: number;
  };
  /** Batches of records on their way to the store; undefined where the bus does not answer. */
  readonly busWaiting: number | undefined;
  readonly agents: {
    readonly total: number;
    readonly reporting: number;
    readonly silent: number;
    readonly gatesDown: number;
    readonly certificatesEndingSoon: number;
  };
  /** When the certificate ends that this server shows to browsers, in milliseconds since 1970. */
  readonly certificateEndsAtMs: number;
  readonly runtime: {
    /** Of the last 24 hours. */
    readonly detections: Readonly<Record<Priority, number>>;
    /** Urgent ones that nobody has looked at. */
    readonly unlooked: number;
    /** Of the hosts that told of theirs lately. */
    readonly sensors: readonly HostSensor[];
    /** Of the hosts that report: those whose sensor failed, or is not told of any more. */
    readonly sensorsDown: number;
  };
}
