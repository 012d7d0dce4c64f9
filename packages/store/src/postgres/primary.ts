import { messageOf } from "@pratique/core";
import { Client, type ClientConfig, DatabaseError } from "pg";
import { StoreError } from "../errors.ts";
import { postgresUrls } from "../postgres-urls.ts";

/** Where a server listens. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/** One run of a PostgreSQL server that takes writes, as a connection finds it. */
interface Instance {
  /** The same on a primary and on all that were copied from it; empty where it does not tell. */
  readonly system: string;
  /**
   * Rises with each promotion (https://www.postgresql.org/docs/current/continuous-archiving.html, "Timelines"); 0 where it
   * does not tell.
   */
  readonly timeline: number;
  readonly startedMs: number;
}

interface Found {
  readonly place: Place;
  readonly instance: Instance;
}

/** Each server that was named has so long to say what it is. */
const PROBE_MS = 2_500;

/**
 * The server that takes writes, among those that a URL names. Where it is another one from now on, all connections to
 * the one before end, so that nothing is written there; one that is on an earlier timeline than what was seen is refused:
 * it was a primary once, and does not know that another took its place.
 */
export class Primary {
  /** For the first of the servers; whoever connects goes to the right one by {@link place}. */
  readonly config: ClientConfig;
  readonly #places: readonly Place[];
  readonly #connected = new Map<Client, Instance>();
  #place: Place | undefined;
  #instance: Instance | undefined;
  #looking: Promise<void> | undefined;

  constructor(url: string, config: ClientConfig) {
    const urls = postgresUrls(url);
    this.config = { ...config, connectionString: urls[0] ?? url };
    this.#places = urls.map((connectionString) => {
      const { host, port } = new Client({ connectionString });
      return { host, port };
    });
  }

  /** Where to connect to. Throws where none of several takes writes. */
  async place(): Promise<Place> {
    if (this.#place === undefined) await this.look();
    if (this.#place === undefined) throw new Error("no server was found that takes writes");
    return this.#place;
  }

  /** Finds out anew which of several takes writes. Throws where none does. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  /** Takes a connection that was made. Throws where nothing may be written over it. */
  async admit(client: Client): Promise<void> {
    const instance = await this.#instanceOf(client);
    this.#adopt(instance, client);
    this.#connected.set(client, instance);
    client.once("end", () => this.#connected.delete(client));
  }

  /** It does not answer as the primary does: the next that connects looks for it. */
  forget(): void {
    this.#place = undefined;
  }

  async #look(): Promise<void> {
    const [only, ...others] = this.#places;
    if (others.length === 0) {
      this.#place = only;
      return;
    }
    const failures: string[] = [];
    const probes = this.#places.map(async (place): Promise<Found | undefined> => {
      try {
        return { place, instance: await this.#probe(place) };
      } catch (thrown) {
        failures.push(`${nameOf(place)}: ${messageOf(thrown)}`);
        return undefined;
      }
    });
    const found = (await Promise.all(probes)).filter((one) => one !== undefined);
    const [best] = found.sort((left, right) => this.#rank(right) - this.#rank(left));
    if (best === undefined) throw new Error(`no server takes writes: ${failures.join("; ")}`);
    this.#adopt(best.instance, best.place);
    this.#place = best.place;
  }

  /** The system that is known before any other, and the newest timeline. */
  #rank({ instance }: Found): number {
    const known = this.#instance?.system ?? instance.system;
    return instance.system === known ? instance.timeline : 0;
  }

  async #probe(place: Place): Promise<Instance> {
    const client = new Client({
      ...this.config,
      connectionTimeoutMillis: PROBE_MS,
      query_timeout: PROBE_MS,
    });
    client.on("error", () => undefined);
    Object.assign(client, place);
    try {
      await client.connect();
      return await this.#instanceOf(client);
    } finally {
      // One that hangs does not answer to this either.
      client.connection.stream.destroy();
    }
  }

  /** Throws where the server takes no writes, or does not do what a connection asks of it. */
  async #instanceOf(client: Client): Promise<Instance> {
    const { rows } = await client.query<StateRow>(`
      select pg_is_in_recovery() as standby, current_setting('transaction_read_only') as read_only,
        extract(epoch from pg_postmaster_start_time())::float8 * 1000 as started_ms,
        (select setting::int from pg_settings where name = 'idle_in_transaction_session_timeout') as idle_ms`);
    const [row] = rows;
    if (row === undefined || row.standby) {
      throw new Error(`PostgreSQL at ${nameOf(client)} is a standby: it takes no writes`);
    }
    if (row.read_only !== "off") {
      throw new Error(`PostgreSQL at ${nameOf(client)} takes no writes: it is read-only`);
    }
    // What gives a connection to one after another loses announcements, and the locks that show who lives.
    if (row.idle_ms !== this.config.idle_in_transaction_session_timeout) throw poolerAt(client);
    return { ...(await timelineOf(client)), startedMs: row.started_ms };
  }

  #adopt(instance: Instance, place: Place): void {
    const known = this.#instance;
    if (known?.system === instance.system && instance.timeline < known.timeline) {
      throw new StoreError(
        "STORE_UNAVAILABLE",
        `PostgreSQL at ${nameOf(place)} is a former primary, on timeline ${instance.timeline}: another one is on ${known.timeline}`,
      );
    }
    this.#instance = instance;
    for (const [client, connected] of this.#connected) {
      if (!isSame(connected, instance)) drop(client);
    }
  }
}

/** A connection to the primary, wherever that is when it connects. */
export class PrimaryClient extends Client {
  readonly #primary: Primary;

  constructor(primary: Primary, config: ClientConfig = primary.config) {
    super(config);
    this.#primary = primary;
  }

  override connect(): Promise<Client>;
  override connect(callback: ((err: Error) => void) | ((err: null, c: Client) => void)): void;
  override connect(callback?: (err: never, c: Client) => void): Promise<Client> | undefined {
    const connecting = this.#connect();
    if (callback === undefined) return connecting;
    // The driver's two forms of a callback are one: an error, or null and the client.
    const told = callback as (err: unknown, c?: Client) => void;
    connecting.then(
      () => told(null, this),
      (thrown: unknown) => told(thrown),
    );
    return undefined;
  }

  /** Ends it at once: what waits for an answer hears that the connection was lost. */
  drop(): void {
    this.#primary.forget();
    drop(this);
  }

  async #connect(): Promise<Client> {
    try {
      Object.assign(this, await this.#primary.place());
      await super.connect();
      await this.#primary.admit(this);
      return this;
    } catch (thrown) {
      this.#primary.forget();
      // Nobody else may know of it: the driver's pool ends none that did not connect.
      this.connection.stream.destroy();
      throw isUnsupported(thrown) ? poolerAt(this) : thrown;
    }
  }
}

function drop(client: Client): void {
  client.connection.stream.destroy(new Error("another PostgreSQL takes writes now"));
}

interface StateRow {
  readonly standby: boolean;
  readonly read_only: string;
  readonly started_ms: number;
  readonly idle_ms: number;
}

interface TimelineRow {
  readonly system: string;
  /** The first eight digits are the timeline. */
  readonly segment: string;
}

/** Some services do not let everybody ask for it: there only the start tells one server from another. */
async function timelineOf(client: Client): Promise<Pick<Instance, "system" | "timeline">> {
  try {
    const { rows } = await client.query<TimelineRow>(`
      select system_identifier::text as system, pg_walfile_name(pg_current_wal_lsn()) as segment
      from pg_control_system()`);
    const [{ system, segment } = { system: "", segment: "0" }] = rows;
    return { system, timeline: Number.parseInt(segment.slice(0, 8), 16) };
  } catch (thrown) {
    if (thrown instanceof DatabaseError) return { system: "", timeline: 0 };
    throw thrown;
  }
}

function isSame(left: Instance, right: Instance): boolean {
  return (
    left.system === right.system && left.timeline === right.timeline && left.startedMs === right.startedMs
  );
}

/** PgBouncer's own words for what a connection asks for and it does not pass on. */
function isUnsupported(thrown: unknown): boolean {
  return thrown instanceof DatabaseError && thrown.message.startsWith("unsupported startup parameter");
}

function poolerAt(place: Place): Error {
  return new Error(
    `${nameOf(place)} is a connection pooler, which does not pass on what a connection asks for: name PostgreSQL itself in database.url`,
  );
}

function nameOf({ host, port }: Place): string {
  return host.startsWith("/") ? host : `${host}:${port}`;
}
