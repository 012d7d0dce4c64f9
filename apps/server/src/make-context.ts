import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import type { Endpoint } from "@pratique/api";
import type { RecordBus } from "@pratique/bus";
import type { ChannelEffects } from "@pratique/notify";
import type { Sealer } from "@pratique/sealing";
import type { Store, StoredApproval } from "@pratique/store";
import { type Logger, pino } from "pino";
import type { AgentDesk } from "./agents/agent-desk.ts";
import { entryPartOf } from "./audit/entry-part.ts";
import { LogExports } from "./audit/log-exports.ts";
import type { ServerLog } from "./audit/server-log.ts";
import { ApprovalDesk, type ApprovalDeskOptions } from "./calls/approval-desk.ts";
import { sealCalls } from "./calls/call-seal.ts";
import { PartReads } from "./calls/part-reads.ts";
import { logAlsoInto } from "./calls/sink-log.ts";
import type { Context } from "./context.ts";
import { EventStreams } from "./event-streams.ts";
import { DraftTime } from "./fleet/draft-time.ts";
import { HostWork } from "./fleet/host-work.ts";
import { CollectPace } from "./ingest/collect-pace.ts";
import { LogOwners } from "./ingest/log-owners.ts";
import { loopShare } from "./ingest/loop-share.ts";
import { Notifier } from "./notifications/notifier.ts";
import { AttemptMemory } from "./people/attempt-memory.ts";
import { Authenticator } from "./people/authenticator.ts";
import { OidcSignIn } from "./people/oidc-sign-in.ts";
import { PasswordHasher } from "./people/password-hash.ts";
import { Sessions } from "./people/sessions.ts";
import { SignInThrottle } from "./people/sign-in-throttle.ts";
import { LayerDifferences } from "./registries/layer-differences.ts";
import { PolicyGaps } from "./registries/policy-gaps.ts";
import { PushDesk } from "./registries/push-desk.ts";
import { RegistryDesk } from "./registries/registry-desk.ts";
import { RegistryWork } from "./registries/registry-work.ts";
import { Rematcher } from "./rematch/rematcher.ts";
import type { ServerOptions } from "./server-options.ts";
import { ServerPresence } from "./telemetry/server-presence.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** What the context is made from. */
export interface ContextParts {
  readonly store: Store;
  /** Whether no other server works on it. */
  readonly alone: boolean;
  readonly sealer: Sealer;
  readonly ledger: ServerLog;
  readonly bus: RecordBus;
  readonly telemetry: Telemetry;
  /** Where people reach the console. */
  readonly origin: () => string;
  /** Where this server listens, among those that share a store. */
  readonly address: () => string;
  /** When the certificate ends that this server shows to browsers, in milliseconds since 1970. */
  readonly certificateEndsAt: () => number;
  /** What hosts join by, while agents are listened for. */
  readonly agents: () => AgentDesk | undefined;
  /** Does what a second person agreed to: the listener that it came in on. */
  readonly perform: ApprovalDeskOptions["perform"];
}

/** The context, and who says who calls. */
export interface MadeContext {
  readonly context: Context;
  readonly authenticator: Authenticator;
  /** Tells the record at the end what was read last. */
  readonly reads: AsyncDisposable;
}

/** Puts together what the routes work with. */
export function makeContext(options: ServerOptions, parts: ContextParts): MadeContext {
  const {
    store,
    alone,
    sealer,
    ledger,
    bus,
    telemetry,
    origin,
    address,
    certificateEndsAt,
    agents,
    perform,
  } = parts;
  const {
    audit,
    now,
    elapsedMs,
    log = pino({ level: "silent" }),
    version,
    identityProviders,
    callsPerMinute,
  } = options;
  const { people } = store;
  const sessions = new Sessions(people, now);
  const throttle = new SignInThrottle({
    now,
    elapsedMs,
    ledger: store.signInAttempts ?? new AttemptMemory(),
  });
  const authenticator = new Authenticator({
    people,
    sessions,
    throttle,
    origin,
    callsPerMinute,
    now,
    elapsedMs,
  });
  const onAsked = options.onAsked ?? logAsked(log);
  const desk = new ApprovalDesk({
    approvals: people.approvals,
    seal: sealCalls(sealer),
    callerOf: (requester) => authenticator.callerOf(requester),
    perform,
    now,
    onAsked,
  });
  const effects: ChannelEffects = {
    now,
    random: Math.random,
    newId: randomUUID,
    addresses: "public",
    hostName: hostname(),
    ...options.notifications,
  };
  const reads = new PartReads({
    record: audit === undefined ? ledger : logAlsoInto(audit, ledger),
    partOf: entryPartOf,
    now,
    elapsedMs,
    log,
  });
  const exports = new LogExports({
    store,
    alone,
    sealer,
    effects,
    directory: path.join(options.directory, "exports"),
    origin: ledger.origin,
    openings: ledger.openings,
    version,
    log,
  });
  const server = { name: hostname(), startedAt: new Date(now()).toISOString() };
  const context: Context = {
    store,
    bus,
    owners: new LogOwners(bus),
    pace: new CollectPace({ elapsedMs, busy: loopShare() }),
    record: reads,
    ledger,
    sealer,
    streams: new EventStreams(store, log),
    rematcher:
      options.advisories &&
      new Rematcher({
        ...options.advisories,
        store,
        now,
        log,
        record: async (event) => await ledger.add(event),
      }),
    registries: new RegistryDesk({
      store,
      sealer,
      addresses: effects.addresses,
      now,
    }),
    pushes: new PushDesk({ store, sealer, record: reads, elapsedMs }),
    registryWork: options.registries && new RegistryWork({ ...options.registries, store, sealer, now, log }),
    drafts: new DraftTime({ elapsedMs }),
    policyGaps: new PolicyGaps({ store, now, log }),
    layerDifferences: new LayerDifferences({
      store,
      now,
      record: async (event) => await ledger.add(event),
    }),
    notifier: new Notifier({
      store,
      sealer,
      origin,
      logState: async () => ({
        exporters: await exports.lags(),
        witnesses: ledger.witnesses.list(ledger.lastSigned),
      }),
      log,
      effects,
      elapsedMs,
    }),
    exports,
    work: new HostWork({ store, now, log }),
    sessions,
    passwords: new PasswordHasher(options.passwordCost),
    throttle,
    oidc: new OidcSignIn({ people, sealer, now, random: Math.random, ...identityProviders }),
    desk: () => desk,
    asOfNow: (caller) => authenticator.asOfNow(caller),
    onAsked,
    agents,
    telemetry,
    servers: new ServerPresence({
      store,
      self: () => ({
        ...server,
        id: ledger.serverId,
        address: address(),
        version,
        listensForAgents: agents() !== undefined,
      }),
      now,
      log,
    }),
    certificateEndsAt,
    now,
    elapsedMs,
    log,
    version,
    origin,
  };
  return { context, authenticator, reads };
}

function logAsked(log: Logger): (approval: StoredApproval, endpoint: Endpoint) => void {
  return ({ id }, endpoint) => log.info({ approval: id, endpoint: endpoint.id }, "an act waits for approval");
}
