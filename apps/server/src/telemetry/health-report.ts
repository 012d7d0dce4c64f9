import type { ReplyOf, showHealth } from "@pratique/api";
import type { Context } from "../context.ts";
import { MAX_EXPORT_LAG_SECONDS } from "../notifications/log-notices.ts";
import { installationState } from "./ask-installation.ts";
import type { InstallationState } from "./installation-state.ts";
import type { SeenServer } from "./server-presence.ts";

type Report = ReplyOf<typeof showHealth>;
type Component = Report["components"][number];

/** A signature is due every second; this many entries without one are no chance any more. */
const MAX_UNSIGNED = 10_000;
const DAY_MS = 86_400_000;
/** Whoever renews certificates does so at two thirds of their time: one of 90 days that has less left was forgotten. */
const CERTIFICATE_DAYS = 14;
/** The part of all events that may be lost before somebody should look. */
const MAX_DROPPED = 0.001;

/** How the parts of the installation are, worst first. */
export async function healthReport(context: Context): Promise<Report> {
  const { version, servers } = context;
  const state = await installationState(context);
  const components = [
    storeOf(state),
    jobsOf(state),
    auditOf(state),
    exportsOf(state),
    notificationsOf(state),
    agentsOf(state),
    certificatesOf(state, context.now()),
    encryptionOf(state),
    busOf(state),
    sensorsOf(state),
    layersOf(state),
  ];
  const order: readonly Component["state"][] = ["down", "degraded", "ok"];
  return {
    version,
    servers: (await servers.list()).map(shownOf),
    components: components.sort((left, right) => order.indexOf(left.state) - order.indexOf(right.state)),
    jobs: state.jobs.listed.map(({ id, name, state: how, attempts, runAtMs, error }) => ({
      id,
      name,
      state: how,
      attempts,
      runAt: new Date(runAtMs).toISOString(),
      error: error ?? null,
    })),
  };
}

function shownOf(server: SeenServer): Report["servers"][number] {
  const { name, address, version, startedAt, seenAt, state, listensForAgents } = server;
  const where =
    address === "" ? { kind: "worker" as const, address: null } : { kind: "server" as const, address };
  return { name, ...where, version, startedAt, seenAt, state, listensForAgents };
}

function storeOf({ store }: InstallationState): Component {
  if ("failure" in store) return component("store", "down", "The store cannot be read", {});
  return component("store", "ok", "The store answers", { pingMs: rounded(store.pingMs) });
}

function jobsOf({ jobs: { queued, failed } }: InstallationState): Component {
  const values = { queued, failed };
  if (failed > 0) return component("jobs", "degraded", "Jobs have failed for good", values);
  return component("jobs", "ok", "Jobs are done as they come", values);
}

function auditOf({ audit: { entries, signed, problem, witnesses } }: InstallationState): Component {
  const agreeing = witnesses.filter(({ state }) => state === "agrees" || state === "behind").length;
  const values = { entries, signed, witnesses: witnesses.length, agreeing };
  if (witnesses.some(({ state }) => state === "refuses")) {
    return component("audit", "down", "A witness knows another history of the log", values);
  }
  if (problem !== undefined) {
    return component("audit", "degraded", "The log cannot be signed, or what was signed be kept", {
      ...values,
      problem,
    });
  }
  if (entries - signed > MAX_UNSIGNED) return component("audit", "degraded", "The log is not signed", values);
  if (agreeing < witnesses.length) return component("audit", "degraded", "A witness is silent", values);
  return component("audit", "ok", "The log is signed", values);
}

function exportsOf({ audit: { exporters } }: InstallationState): Component {
  const enabled = exporters.filter(({ exporter }) => exporter.enabled);
  const lagEntries = Math.max(0, ...enabled.map(({ entries }) => entries));
  const lagSeconds = Math.max(0, ...enabled.map(({ seconds }) => seconds));
  const values = { exporters: enabled.length, lagEntries, lagSeconds: rounded(lagSeconds) };
  if (enabled.some(({ exporter }) => exporter.lastError !== null)) {
    return component("exports", "degraded", "A receiver does not take the log", values);
  }
  if (lagSeconds > MAX_EXPORT_LAG_SECONDS)
    return component("exports", "degraded", "An export lags behind", values);
  return component("exports", "ok", "The log is exported as it grows", values);
}

function notificationsOf({ notifications: { waiting, channels, failing } }: InstallationState): Component {
  const values = { waiting, channels: channels.length };
  if (failing.length > 0) {
    const named = { ...values, failing: failing.join(", ") };
    return component("notifications", "degraded", "Notifications do not get through a channel", named);
  }
  if (channels.length === 0) {
    return component("notifications", "ok", "Nobody is told of anything: no channel is switched on", values);
  }
  return component("notifications", "ok", "Notifications are delivered", values);
}

function agentsOf({ agents }: InstallationState): Component {
  const { total, reporting, silent, gatesDown } = agents;
  const values = { total, reporting, silent, gatesDown };
  if (silent > 0 || gatesDown > 0) return component("agents", "degraded", "Hosts are not guarded", values);
  return component("agents", "ok", "Agents report", values);
}

function certificatesOf(
  { agents: { certificatesEndingSoon }, certificateEndsAtMs }: InstallationState,
  nowMs: number,
): Component {
  const daysLeft = Math.floor((certificateEndsAtMs - nowMs) / DAY_MS);
  const values = { endingSoon: certificatesEndingSoon, ownDaysLeft: daysLeft };
  if (daysLeft < 0) return component("certificates", "down", "This server's certificate has ended", values);
  if (daysLeft < CERTIFICATE_DAYS)
    return component("certificates", "degraded", "This server's certificate ends soon", values);
  if (certificatesEndingSoon > 0)
    return component("certificates", "degraded", "Certificates of hosts end soon", values);
  return component("certificates", "ok", "Certificates are renewed in time", values);
}

function encryptionOf({
  store,
  encryption: { provider, keys, rotatedAt, waiting },
}: InstallationState): Component {
  const byPurpose = Object.entries(keys).map(([purpose, count]) => [`keys.${purpose}`, count] as const);
  const values = { provider, rotatedAt, waiting, ...Object.fromEntries(byPurpose) };
  if ("failure" in store) return component("encryption", "down", "The keys cannot be read", values);
  if (waiting > 0) {
    return component("encryption", "degraded", "A rotation of keys has not come to its end", values);
  }
  return component("encryption", "ok", "All that is sealed is sealed under the newest keys", values);
}

function busOf({ busWaiting: waiting }: InstallationState): Component {
  if (waiting === undefined) return component("bus", "down", "The bus does not answer", {});
  return component("bus", "ok", "Records go to the store as they come", { waiting });
}

function sensorsOf({ runtime: { sensors, sensorsDown, unlooked } }: InstallationState): Component {
  const sum = (of: "events" | "dropped" | "unattributed") =>
    sensors.reduce((all, sensor) => all + sensor[of], 0);
  const running = sensors.filter(({ state }) => state === "running").length;
  const dropped = sum("dropped");
  const values = { running, down: sensorsDown, dropped, unattributed: sum("unattributed"), unlooked };
  if (sensorsDown > 0) return component("sensors", "degraded", "Hosts do not watch their containers", values);
  if (dropped > sum("events") * MAX_DROPPED)
    return component("sensors", "degraded", "Sensors have lost events", values);
  return component("sensors", "ok", "Sensors see what happens in containers", values);
}

function layersOf({ layerIndexes: { count, bytes, differing } }: InstallationState): Component {
  const values = { count, bytes };
  if (differing.length > 0) {
    const hosts = { ...values, hosts: differing.join(", ") };
    return component("layers", "degraded", "Two hosts have read a layer differently: distrust both", hosts);
  }
  return component("layers", "ok", "What hosts have read of layers is the same", values);
}

function component(
  name: string,
  state: Component["state"],
  detail: string,
  values: Component["values"],
): Component {
  return { name, state, detail, values };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
