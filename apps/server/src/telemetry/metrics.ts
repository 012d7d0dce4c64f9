import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { InstallationState } from "./installation-state.ts";

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What this server counts of itself, in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #calls: Histogram<"endpoint" | "status">;
  readonly #queries: Histogram<"result">;
  readonly #jobs: Histogram<"job" | "result">;
  readonly #gauges: (state: InstallationState) => void;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: "pratique_" });
    this.#calls = new Histogram({
      name: "pratique_http_request_duration_seconds",
      help: "How long calls took, by the endpoint's id and the status of the answer",
      labelNames: ["endpoint", "status"],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#queries = new Histogram({
      name: "pratique_store_query_duration_seconds",
      help: "How long queries of the store took",
      labelNames: ["result"],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#jobs = new Histogram({
      name: "pratique_job_duration_seconds",
      help: "How long jobs took, by their name",
      labelNames: ["job", "result"],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#gauges = gaugesIn(registers);
  }

  call(endpoint: string, status: number, seconds: number): void {
    this.#calls.observe({ endpoint, status: String(status) }, seconds);
  }

  query(failed: boolean, seconds: number): void {
    this.#queries.observe({ result: failed ? "error" : "ok" }, seconds);
  }

  job(name: string, failed: boolean, seconds: number): void {
    this.#jobs.observe({ job: name, result: failed ? "error" : "ok" }, seconds);
  }

  /** All of it, with the state of the installation at this moment. */
  async text(state: InstallationState): Promise<{ readonly contentType: string; readonly body: string }> {
    this.#gauges(state);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}

function gaugesIn(registers: Registry[]): (state: InstallationState) => void {
  const gauge = (name: string, help: string) => new Gauge({ name: `pratique_${name}`, help, registers });
  const by = <Label extends string>(label: Label, name: string, help: string) =>
    new Gauge({ name: `pratique_${name}`, help, labelNames: [label], registers });
  const storeUp = gauge("store_up", "1 while the store can be read");
  const queued = gauge("jobs_queued", "Jobs that wait and whose time has come; counted up to 50");
  const failed = gauge("jobs_failed", "Jobs that failed for good; counted up to 50");
  const entries = gauge("audit_entries", "Entries of the log");
  const signed = gauge("audit_signed_entries", "Entries that the newest checkpoint covers");
  const witnesses = by("witness", "audit_witness_agrees", "1 for each witness that agrees with the log");
  const lagEntries = by("exporter", "audit_export_lag_entries", "Entries that a receiver has not accepted");
  const lagSeconds = by("exporter", "audit_export_lag_seconds", "The age of the oldest of them");
  const certificate = gauge(
    "certificate_expiry_seconds",
    "When the certificate ends that this server shows to browsers, in seconds since 1970",
  );
  const waiting = gauge("notifications_waiting", "Notifications that are not delivered yet");
  const failing = gauge("notification_channels_failing", "Channels whose last delivery failed");
  const layers = gauge(
    "layer_indexes",
    "Layers of images that are read, and kept in the store for all workers",
  );
  const layerBytes = gauge("layer_indexes_bytes", "What is kept of them there");
  const hosts = by("state", "hosts", "Hosts, by how they are");
  const detections = by("priority", "detections_last_day", "Detections of the last 24 hours, by priority");
  const unlooked = gauge("detections_not_looked_at", "Urgent ones of them that nobody has looked at");
  const sensor = sensorGaugesIn(registers);
  return ({ store, jobs, audit, agents, notifications, layerIndexes, runtime, certificateEndsAtMs }) => {
    storeUp.set("failure" in store ? 0 : 1);
    queued.set(jobs.queued);
    failed.set(jobs.failed);
    entries.set(audit.entries);
    signed.set(audit.signed);
    witnesses.reset();
    for (const { name, state } of audit.witnesses) witnesses.set({ witness: name }, agreesNow(state));
    lagEntries.reset();
    lagSeconds.reset();
    for (const { exporter, entries: behind, seconds } of audit.exporters) {
      if (!exporter.enabled) continue;
      lagEntries.set({ exporter: exporter.id }, behind);
      lagSeconds.set({ exporter: exporter.id }, seconds);
    }
    certificate.set(certificateEndsAtMs / 1000);
    waiting.set(notifications.waiting);
    failing.set(notifications.failing.length);
    layers.set(layerIndexes.count);
    layerBytes.set(layerIndexes.bytes);
    hosts.set({ state: "total" }, agents.total);
    hosts.set({ state: "reporting" }, agents.reporting);
    hosts.set({ state: "silent" }, agents.silent);
    hosts.set({ state: "gate-down" }, agents.gatesDown);
    hosts.set({ state: "sensor-down" }, runtime.sensorsDown);
    for (const [priority, count] of Object.entries(runtime.detections)) detections.set({ priority }, count);
    unlooked.set(runtime.unlooked);
    sensor(runtime.sensors);
  };
}

/** What sensors tell of themselves; what has ended is not told any more. */
function sensorGaugesIn(registers: Registry[]): (sensors: InstallationState["runtime"]["sensors"]) => void {
  const byHost = (name: string, help: string) =>
    new Gauge({ name: `pratique_sensor_${name}`, help, labelNames: ["host"], registers });
  const running = byHost("running", "1 for each host whose sensor runs, 0 where it does not");
  const events = byHost("events", "Events that the sensor of a host has seen since it started");
  const dropped = byHost("events_dropped", "Of them, those that were lost");
  const suppressed = byHost("events_suppressed", "Of them, those beyond the limit of their container");
  const unattributed = byHost("events_unattributed", "Of them, those of no container that is known");
  return (sensors) => {
    for (const gauge of [running, events, dropped, suppressed, unattributed]) gauge.reset();
    for (const { host, state, ...counts } of sensors) {
      running.set({ host }, state === "running" ? 1 : 0);
      events.set({ host }, counts.events);
      dropped.set({ host }, counts.dropped);
      suppressed.set({ host }, counts.suppressed);
      unattributed.set({ host }, counts.unattributed);
    }
  };
}

/** One that is behind by a second agrees; one that refuses or is silent does not. */
function agreesNow(state: string): number {
  return state === "agrees" || state === "behind" ? 1 : 0;
}
