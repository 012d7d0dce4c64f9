import {
  type Endpoint,
  type ProblemCode,
  setPassword,
  showSession,
  signOut,
  TOKEN_PREFIX,
} from "@pratique/api";
import type { PeopleStore, StoredAccount, StoredToken } from "@pratique/store";
import type { FastifyRequest } from "fastify";
import type { Requester } from "../calls/approval-desk.ts";
import { type Caller, nobodyAt, type SignInMethod } from "../calls/caller.ts";
import { ServerError } from "../errors.ts";
import { refuseForeignOrigin } from "../guard.ts";
import { RateLimit } from "../rate-limit.ts";
import { SESSION_COOKIE } from "../session-cookie.ts";
import { principalOf } from "./directory.ts";
import { networkOf } from "./network.ts";
import type { Sessions } from "./sessions.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

const MINUTE_MS = 60_000;
const CALLS_PER_MINUTE = 1200;
const REFUSALS_PER_MINUTE = 60;
const FOREIGN: ProblemCode = "ORIGIN_REFUSED";
/** A token that is in use is noted down no more often than this. */
const NOTED_EVERY_MS = 60_000;

/** What somebody may call who still has to set a password. */
const beforePassword: ReadonlySet<string> = new Set([showSession.id, signOut.id, setPassword.id]);

export interface AuthenticatorOptions {
  readonly people: PeopleStore;
  readonly sessions: Sessions;
  readonly throttle: SignInThrottle;
  /** Where people reach the console. */
  readonly origin: () => string;
  /** How many calls an account, a token or a stranger's network may make a minute; 1,200 where it is absent. */
  readonly callsPerMinute?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** What callers of one kind may ask for in a minute. */
interface Limits {
  readonly calls: RateLimit;
  readonly refusals: RateLimit;
}

/** Says who calls: by the session of a browser, or by the token of a program. */
export class Authenticator {
  readonly #people: PeopleStore;
  readonly #sessions: Sessions;
  readonly #throttle: SignInThrottle;
  readonly #origin: () => string;
  readonly #now: () => number;
  /** Apart: strangers from more addresses than can be counted share what they have among themselves. */
  readonly #known: Limits;
  readonly #strangers: Limits;
  /** What other sites have browsers send, by the address of the browser: its owner has not asked for that. */
  readonly #foreign: RateLimit;

  constructor(options: AuthenticatorOptions) {
    const { people, sessions, throttle, origin, callsPerMinute = CALLS_PER_MINUTE, now, elapsedMs } = options;
    this.#people = people;
    this.#sessions = sessions;
    this.#throttle = throttle;
    this.#origin = origin;
    this.#now = now;
    const limits = (): Limits => ({
      calls: new RateLimit({ limit: callsPerMinute, windowMs: MINUTE_MS, elapsedMs }),
      refusals: new RateLimit({ limit: REFUSALS_PER_MINUTE, windowMs: MINUTE_MS, elapsedMs }),
    });
    this.#known = limits();
    this.#strangers = limits();
    this.#foreign = new RateLimit({ limit: REFUSALS_PER_MINUTE, windowMs: MINUTE_MS, elapsedMs });
  }

  /** Throws `TOO_MANY_REQUESTS`, `ORIGIN_REFUSED`, `NOT_SIGNED_IN` and `PASSWORD_NEEDED`. */
  async authenticate(endpoint: Endpoint, request: FastifyRequest): Promise<Caller> {
    const stranger = nobodyAt(request.ip);
    const showsSomething =
      request.headers.authorization !== undefined || request.cookies[SESSION_COOKIE] !== undefined;
    // Before anything is looked up for them. Who shows something may share the address with whoever is kept away:
    // behind a proxy everybody does.
    if (!showsSomething || endpoint.permission === "public") this.#refuseBusy(stranger);
    try {
      return await this.#identify(endpoint, request);
    } catch (thrown) {
      this.#refuseBusy(stranger);
      throw thrown;
    }
  }

  async #identify(endpoint: Endpoint, request: FastifyRequest): Promise<Caller> {
    const stranger = nobodyAt(request.ip);
    const secret = bearerIn(request);
    // Only a browser sends what it was told to keep without being asked, so only then another site could be behind it.
    if (secret === undefined) this.#refuseForeign(endpoint, request);
    if (endpoint.permission === "public") {
      this.#count(stranger);
      // What strangers may do and the record tells of is to sign in.
      if (endpoint.audit !== "none") await this.#throttle.refuseBusy(request.ip);
      return stranger;
    }
    const caller =
      secret === undefined ? await this.#bySession(endpoint, request) : await this.#byToken(secret, request);
    this.#refuseBusy(caller);
    this.#count(caller);
    return caller;
  }

  /** Beyond some, what comes from other sites is not told to the record any more. It keeps nobody from signing in. */
  #refuseForeign(endpoint: Endpoint, request: FastifyRequest): void {
    try {
      refuseForeignOrigin(endpoint, request, this.#origin());
    } catch (thrown) {
      if (this.#foreign.admit(networkOf(request.ip))) throw thrown;
      throw new ServerError("TOO_MANY_REQUESTS", "too many requests come from other sites");
    }
  }

  /** Counts a refusal: somebody who goes on asking for what they may not have is sent away for a while. */
  refused(caller: Caller, because: string): void {
    if (because === FOREIGN) return;
    this.#limitsOf(caller).refusals.admit(keyOf(caller));
  }

  /**
   * The account as it stands now, for an act of its own that somebody else has agreed to, and within what its token
   * holds where it asked with one; undefined where it may not act any more.
   */
  async callerOf({ account: id, token: tokenId }: Requester): Promise<Caller | undefined> {
    const account = await this.#accountOf(id);
    if (account === undefined) return undefined;
    if (tokenId === null) {
      return await this.#callerOf(account, { kind: "account", method: "none", session: "", address: "" });
    }
    const token = await this.#people.tokens.find(tokenId);
    if (token?.account !== id || Date.parse(token.expiresAt) <= this.#now()) return undefined;
    return await this.#callerWith(token, account, "");
  }

  /** Somebody who made a call, with what they hold now; undefined where their session or token is over. */
  async asOfNow({ kind, method, session, address, principal }: Caller): Promise<Caller | undefined> {
    const account = await this.#accountOf(principal.account);
    if (account === undefined) return undefined;
    if (kind === "account") {
      if ((await this.#sessions.findById(session)) === undefined) return undefined;
      return await this.#callerOf(account, { kind, method, session, address });
    }
    const token = await this.#people.tokens.find(session);
    if (token === undefined || Date.parse(token.expiresAt) <= this.#now()) return undefined;
    return await this.#callerWith(token, account, address);
  }

  async #bySession(endpoint: Endpoint, request: FastifyRequest): Promise<Caller> {
    const cookie = request.cookies[SESSION_COOKIE];
    const session = cookie === undefined ? undefined : await this.#sessions.use(cookie);
    const account = session && (await this.#accountOf(session.account));
    if (session === undefined || account === undefined) {
      throw new ServerError("NOT_SIGNED_IN", "nobody is signed in");
    }
    const needsPassword = account.source === "local" && account.passwordHash === null;
    if (needsPassword && !beforePassword.has(endpoint.id)) {
      throw new ServerError("PASSWORD_NEEDED", "the account has no password yet");
    }
    return await this.#callerOf(account, {
      kind: "account",
      method: methodOf(session.method),
      session: session.id,
      address: request.ip,
    });
  }

  async #byToken(secret: string, request: FastifyRequest): Promise<Caller> {
    const now = this.#now();
    const token = secret.startsWith(TOKEN_PREFIX)
      ? await this.#people.tokens.findBySecret(secret)
      : undefined;
    const isOver = token === undefined || Date.parse(token.expiresAt) <= now;
    const account = isOver ? undefined : await this.#accountOf(token.account);
    if (isOver || account === undefined) {
      throw new ServerError("NOT_SIGNED_IN", "the token is unknown, revoked or expired");
    }
    if (token.lastUsedAt === null || now - Date.parse(token.lastUsedAt) >= NOTED_EVERY_MS) {
      await this.#people.tokens.touch(token.id, new Date(now).toISOString(), request.ip);
    }
    return await this.#callerWith(token, account, request.ip);
  }

  async #callerWith(
    { id: session, permissions, scope }: StoredToken,
    account: StoredAccount,
    address: string,
  ): Promise<Caller> {
    const caller = await this.#callerOf(account, { kind: "token", method: "token", session, address });
    return { ...caller, principal: { ...caller.principal, limit: { permissions, scope } } };
  }

  /** An account that may act: it is not disabled, and whoever vouches for it is not either. */
  async #accountOf(id: string): Promise<StoredAccount | undefined> {
    const account = await this.#people.accounts.find(id);
    if (account === undefined || account.state === "disabled") return undefined;
    if (account.source === "local") return account;
    const provider = await this.#people.providers.find(account.source);
    return provider?.enabled === true ? account : undefined;
  }

  async #callerOf(
    account: StoredAccount,
    way: Pick<Caller, "kind" | "method" | "session" | "address">,
  ): Promise<Caller> {
    const principal = await principalOf(this.#people, account, this.#now());
    return { ...way, id: account.id, name: account.login, principal };
  }

  #count(caller: Caller): void {
    this.#limitsOf(caller).calls.admit(keyOf(caller));
  }

  #limitsOf({ kind }: Caller): Limits {
    return kind === "nobody" ? this.#strangers : this.#known;
  }

  #refuseBusy(caller: Caller): void {
    const key = keyOf(caller);
    const { calls, refusals } = this.#limitsOf(caller);
    const waitMs = Math.max(calls.waitMs(key), refusals.waitMs(key));
    if (waitMs === 0) return;
    throw new ServerError("TOO_MANY_REQUESTS", "too many requests", { retryAfterSeconds: waitMs / 1000 });
  }
}

/** A program's calls count for its token, so that one that has gone wild stops none of the others. */
function keyOf({ kind, id, session, address }: Caller): string {
  if (kind === "nobody") return `address ${networkOf(address)}`;
  return kind === "token" ? `token ${session}` : `account ${id}`;
}

/** The secret of `Authorization: Bearer` (RFC 6750, 2.1). Throws `NOT_SIGNED_IN` for another scheme. */
function bearerIn({ headers }: FastifyRequest): string | undefined {
  if (headers.authorization === undefined) return undefined;
  const secret = /^Bearer (?<secret>[\w~+/.-]{1,256}=*)$/iu.exec(headers.authorization)?.groups?.secret;
  if (secret === undefined)
    throw new ServerError("NOT_SIGNED_IN", "expected Authorization: Bearer and a token");
  return secret;
}

function methodOf(text: string): SignInMethod {
  return text === "password" || text === "oidc" || text === "link" ? text : "none";
}
