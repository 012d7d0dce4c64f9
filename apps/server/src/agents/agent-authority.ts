import { X509Certificate } from "node:crypto";
import { isRecent } from "@pratique/core";
import { z } from "zod";
import { ServerError } from "../errors.ts";
import {
  type CertifiedKey,
  certifyHost,
  certifyServer,
  fingerprintOf,
  type HostCertificate,
  makeAuthority,
  readHostCertificate,
} from "./agent-certificates.ts";

const DAY_MS = 86_400_000;
const AUTHORITY_MS = 3650 * DAY_MS;
/** A new authority is made when the newest has so long to go: hosts learn of it in good time. */
const REPLACE_BEFORE_MS = 365 * DAY_MS;
const SERVER_MS = 30 * DAY_MS;
/** A new authority certifies nobody before all servers have heard of it: three times as long as that takes. */
const SETTLE_MS = 900_000;
/** For so long the newest must look as if it had signed long enough: a clock may be wrong for a while. */
const RETIRE_AFTER_MS = 3_600_000;
/** How often a server is certified anew. */
const CERTIFY_EVERY_MS = DAY_MS;
/** For how long what was read is believed: another server may have changed the authority. */
const FRESH_MS = 30_000;
/** How often a change is tried again that another server was faster with. */
const ATTEMPTS = 5;

/** What is kept of the authorities. */
interface KeptAuthorities {
  readonly text: string;
  /** Another one whenever it is another text. */
  readonly version: string;
}

/** Keeps the authorities, for all servers that share them. */
export interface AuthorityVault {
  /** Undefined where nothing has been kept yet. Rejects where what is kept cannot be opened. */
  read(): Promise<KeptAuthorities | undefined>;
  /** Replaces what was read in a version; false where that is not what is kept any more. */
  replace(version: string | undefined, text: string): Promise<boolean>;
}

export interface AgentAuthorityOptions {
  readonly vault: AuthorityVault;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  /** For how long a host's certificate is good, in milliseconds. */
  readonly hostMs: number;
}

/** A host's certificate, and what the host has to know besides it. */
export interface Issued {
  readonly certificate: string;
  readonly serial: string;
  readonly authorities: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly renewAt: number;
}

const kept = z.strictObject({
  form: z.literal(1),
  /** Oldest first. */
  authorities: z
    .array(z.strictObject({ key: z.string(), certificate: z.string(), madeAt: z.int() }))
    .min(1)
    .max(4),
});

type Kept = z.output<typeof kept>["authorities"];

/**
 * The certificate authority of this installation, for agents and for the servers that hear them.
 *
 * While one is being changed there are two, and hosts are given both to trust. They are certified by the newer as soon
 * as all servers know it; servers show themselves by the older, which every host trusts, until the last certificate
 * that it gave has expired.
 */
export class AgentAuthority {
  readonly #options: AgentAuthorityOptions;
  #held: Kept = [];
  #trusted: readonly X509Certificate[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  /** Since when the oldest could be retired, by what the clock said each time; undefined where it could not. */
  #retirableSince: number | undefined;

  private constructor(options: AgentAuthorityOptions) {
    this.#options = options;
  }

  /** Opens the authority that is kept, or makes one. Rejects with `CERTIFICATE_UNUSABLE` where it is damaged. */
  static async open(options: AgentAuthorityOptions): Promise<AgentAuthority> {
    const authority = new AgentAuthority(options);
    await authority.maintain();
    return authority;
  }

  /** The certificates of all authorities that are trusted now, in PEM. */
  get trustedPem(): string {
    return this.#trusted.map((certificate) => certificate.toString()).join("");
  }

  /** Of the authority by which servers show themselves: what a joining host is told. */
  get fingerprint(): string {
    const [first] = this.#trusted;
    if (first === undefined) throw unusable("there is none");
    return fingerprintOf(first);
  }

  /** What a certificate says that a host shows; undefined where it is not good. */
  read(shown: X509Certificate): HostCertificate | undefined {
    return readHostCertificate(shown, { authorities: this.#trusted, now: this.#options.now() });
  }

  /** Throws `REQUEST_MALFORMED`. */
  async certifyHost(host: string, csr: string): Promise<Issued> {
    await this.#refresh();
    const { hostMs, now } = this.#options;
    const certificate = await certifyHost(this.#signer(), { host, csr, now: now(), validMs: hostMs });
    const { serialNumber, validFrom, validTo } = new X509Certificate(certificate);
    const [issuedAt, expiresAt] = [Date.parse(validFrom), Date.parse(validTo)];
    const renewAt = issuedAt + Math.floor(((expiresAt - issuedAt) * 2) / 3);
    const serial = serialNumber.toLowerCase();
    return { certificate, serial, authorities: this.trustedPem, issuedAt, expiresAt, renewAt };
  }

  /** A new key for a server, and its certificate with that of the authority behind it, in PEM. */
  async certifyServer(): Promise<CertifiedKey> {
    await this.#refresh();
    const [first] = this.#held;
    if (first === undefined) throw unusable("there is none");
    const { key, certificate } = await certifyServer(first, { now: this.#options.now(), validMs: SERVER_MS });
    return { key, certificate: `${certificate.trimEnd()}\n${first.certificate}` };
  }

  /**
   * Makes the authority that will follow. Until the one before is retired, nothing changes for anybody. Those that were made
   * while the clock was ahead, and are good to nobody yet, are given up: only a person can say which clock was wrong.
   */
  async rotate(): Promise<void> {
    const now = this.#options.now();
    await this.#change(async (held) => [...held.filter((each) => hasBegun(each, now)), await this.#make()]);
  }

  /** Does what is due: takes up what other servers changed, makes a new authority in time, retires an old one. */
  async maintain(): Promise<void> {
    await this.#change(async (held) => {
      const { now, hostMs } = this.#options;
      const newest = held.at(-1);
      if (newest === undefined) return [await this.#make()];
      // When it has signed for longer than any certificate lives, every host that may still speak has been given it.
      if (this.#mayRetire(held, newest.madeAt)) return [newest];
      const left = Date.parse(new X509Certificate(newest.certificate).validTo) - now();
      return left < Math.max(REPLACE_BEFORE_MS, 2 * hostMs) && held.length === 1
        ? [...held, await this.#make()]
        : held;
    });
  }

  /** What is retired is gone for good, and with it every host that it has certified: one look at a clock is not enough. */
  #mayRetire(held: Kept, newestMadeAt: number): boolean {
    const now = this.#options.now();
    if (held.length < 2 || now - newestMadeAt <= SETTLE_MS + this.#options.hostMs) {
      this.#retirableSince = undefined;
      return false;
    }
    if (this.#retirableSince === undefined || this.#retirableSince > now) this.#retirableSince = now;
    return now - this.#retirableSince >= RETIRE_AFTER_MS;
  }

  async #make(): Promise<Kept[number]> {
    const now = this.#options.now();
    return { ...(await makeAuthority({ now, validMs: AUTHORITY_MS })), madeAt: now };
  }

  async #refresh(): Promise<void> {
    if (this.#options.elapsedMs() - this.#readAt < FRESH_MS) return;
    await this.#change(async (held) => held);
  }

  async #change(change: (held: Kept) => Promise<Kept>): Promise<void> {
    const { vault, elapsedMs } = this.#options;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const read = await vault.read();
      const held = read === undefined ? [] : parse(read.text);
      const wanted = await change(held);
      if (
        wanted === held ||
        (await vault.replace(read?.version, JSON.stringify({ form: 1, authorities: wanted })))
      ) {
        this.#held = wanted;
        this.#trusted = authoritiesIn(wanted);
        this.#readAt = elapsedMs();
        return;
      }
    }
    throw unusable("other servers change it all the time");
  }

  /** The newest that all servers know. */
  #signer(): CertifiedKey {
    const settled = this.#options.now() - SETTLE_MS;
    const signer = this.#held.findLast(({ madeAt }) => madeAt <= settled) ?? this.#held[0];
    if (signer === undefined) throw unusable("there is none");
    return signer;
  }
}

/** Whether a server needs another certificate: also where the clock was set back, to before the last begins. */
export function isCertifyingDue(certifiedAt: number, now: number): boolean {
  return !isRecent(certifiedAt, { nowMs: now, withinMs: CERTIFY_EVERY_MS });
}

function hasBegun({ certificate }: Kept[number], now: number): boolean {
  return Date.parse(new X509Certificate(certificate).validFrom) <= now;
}

function parse(text: string): Kept {
  try {
    const { authorities } = kept.parse(JSON.parse(text));
    // Damage is heard of now, and not when a host wants to join.
    authoritiesIn(authorities);
    return authorities;
  } catch (cause) {
    throw unusable("what is kept of it cannot be read", cause);
  }
}

function authoritiesIn(held: Kept): readonly X509Certificate[] {
  return held.map(({ certificate }) => new X509Certificate(certificate));
}

function unusable(why: string, cause?: unknown): ServerError {
  return new ServerError("CERTIFICATE_UNUSABLE", `the authority for agents cannot be used: ${why}`, {
    cause,
  });
}
