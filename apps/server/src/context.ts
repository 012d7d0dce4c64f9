import type { Endpoint } from "@pratique/api";
import type { RecordBus } from "@pratique/bus";
import type { Sealer } from "@pratique/sealing";
import type { Store, StoredApproval } from "@pratique/store";
import type { Logger } from "pino";
import type { AgentDesk } from "./agents/agent-desk.ts";
import type { LogExports } from "./audit/log-exports.ts";
import type { ServerLog } from "./audit/server-log.ts";
import type { ApprovalDesk } from "./calls/approval-desk.ts";
import type { CallLog } from "./calls/call-record.ts";
import type { Caller } from "./calls/caller.ts";
import type { EventStreams } from "./event-streams.ts";
import type { DraftTime } from "./fleet/draft-time.ts";
import type { HostWork } from "./fleet/host-work.ts";
import type { CollectPace } from "./ingest/collect-pace.ts";
import type { LogOwners } from "./ingest/log-owners.ts";
import type { Notifier } from "./notifications/notifier.ts";
import type { OidcSignIn } from "./people/oidc-sign-in.ts";
import type { PasswordHasher } from "./people/password-hash.ts";
import type { Sessions } from "./people/sessions.ts";
import type { SignInThrottle } from "./people/sign-in-throttle.ts";
import type { LayerDifferences } from "./registries/layer-differences.ts";
import type { PolicyGaps } from "./registries/policy-gaps.ts";
import type { PushDesk } from "./registries/push-desk.ts";
import type { RegistryDesk } from "./registries/registry-desk.ts";
import type { RegistryWork } from "./registries/registry-work.ts";
import type { Rematcher } from "./rematch/rematcher.ts";
import type { ServerPresence } from "./telemetry/server-presence.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** What the routes work with. */
export interface Context {
  readonly store: Store;
  /** Carries the records of hosts to the store. */
  readonly bus: RecordBus;
  /** Which host writes which log. */
  readonly owners: LogOwners;
  /** How long hosts are to collect records before they send them. */
  readonly pace: CollectPace;
  /** What callers did and were refused. */
  readonly record: CallLog;
  /** Where that is kept: as a tree that others can verify. */
  readonly ledger: ServerLog;
  /** Brings it to the systems that are to get it. */
  readonly exports: LogExports;
  /** Seals what must not be read in the store. */
  readonly sealer: Sealer;
  readonly streams: EventStreams;
  /** Holds images against new advisories; undefined where the server has none. */
  readonly rematcher: Rematcher | undefined;
  /** What people do with registries. */
  readonly registries: RegistryDesk;
  /** What registries themselves tell. */
  readonly pushes: PushDesk;
  /** Lists and scans registries; undefined where this server leaves that to others. */
  readonly registryWork: RegistryWork | undefined;
  /** Bounds the time that drafts of policies and rules take. */
  readonly drafts: DraftTime;
  /** Has images of registries scanned again for what policies begin to look at. */
  readonly policyGaps: PolicyGaps;
  /** Tells people of layers that hosts have read differently. */
  readonly layerDifferences: LayerDifferences;
  /** Tells people what happens. */
  readonly notifier: Notifier;
  /** What hosts are to have in force, and who waits for it. */
  readonly work: HostWork;
  readonly sessions: Sessions;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
  readonly oidc: OidcSignIn;
  /** What waits for a second person. */
  readonly desk: () => ApprovalDesk;
  /** Somebody who made a call, with what they hold now; undefined once they are out: for what outlasts a call. */
  readonly asOfNow: (caller: Caller) => Promise<Caller | undefined>;
  /** Tells those who may decide that something waits for them. */
  readonly onAsked: (approval: StoredApproval, endpoint: Endpoint) => void;
  /** Undefined while agents of other hosts are not listened for. */
  readonly agents: () => AgentDesk | undefined;
  readonly telemetry: Telemetry;
  /** This server, among those that share a store. */
  readonly servers: ServerPresence;
  /** When the certificate ends that this server shows to browsers, in milliseconds since 1970. */
  readonly certificateEndsAt: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: Logger;
  /** The version of Pratique, for the API's document. */
  readonly version: string;
  /** `https://127.0.0.1:8443`, without a slash. */
  readonly origin: () => string;
}
