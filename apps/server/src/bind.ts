import {
  type AccessDecision,
  decide,
  holdsAnywhere,
  mayApprove,
  type Visibility,
  visibility,
} from "@pratique/access";
import {
  type BodyOf,
  type Endpoint,
  fillPath,
  type ParamsOf,
  type PendingApproval,
  type QueryOf,
  type ReplyOf,
} from "@pratique/api";
import { type JsonValue, type Permission, parseJson, permissions, type Resource } from "@pratique/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApprovalDesk, PerformAs } from "./calls/approval-desk.ts";
import { type CallInput, checkInput } from "./calls/call-input.ts";
import { type CallLog, type RecordedCall, recordRefusal, runRecorded } from "./calls/call-record.ts";
import { type Caller, nobodyAt } from "./calls/caller.ts";
import { csvLine, valueAt } from "./calls/csv.ts";
import { entityTagOf, isKnown, revisionFor } from "./calls/entity-tag.ts";
import { type AnswerMemory, runOnce, type SentAnswer } from "./calls/idempotency.ts";
import { findSubject, type ResourceIndex, type Subject } from "./calls/resource-finder.ts";
import { sendWhole } from "./calls/send-whole.ts";
import { ServerError } from "./errors.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** A call of an endpoint whose input has been checked and that may be carried out. */
export interface Call<E extends Endpoint> {
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  readonly caller: Caller;
  /** What of a list the caller may see; everything where the endpoint is no list. */
  readonly seen: Visibility;
  /** The revision that is changed, or `new`; empty where the endpoint asks for none. */
  readonly revision: string;
  /** The second person, where one agreed. */
  readonly approvedBy: string | undefined;
  /** Absent where an approved act is carried out: nobody is waiting for its reply. */
  readonly http: { readonly request: FastifyRequest; readonly reply: FastifyReply } | undefined;
}

export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<ReplyOf<E>>;

/** Where a call lies whose body says so. */
export type ResourcesOf<E extends Endpoint> = (body: BodyOf<E>) => Promise<readonly Resource[]>;

/** Says who makes a request. Throws ServerError where nobody may who does not show it. */
type Authenticate = (endpoint: Endpoint, request: FastifyRequest) => Promise<Caller>;

export interface BinderOptions {
  readonly authenticate: Authenticate;
  /** Whether it is for the record that somebody was not let in; always where it is absent. */
  readonly admitsRefusal?: (request: FastifyRequest) => boolean;
  readonly index: ResourceIndex;
  readonly record: CallLog;
  readonly answers: AnswerMemory;
  readonly desk: () => ApprovalDesk;
  /** Counts and traces calls. */
  readonly telemetry: Telemetry;
  /** Hears of every refusal, and of its code or rule, after it is in the record. */
  readonly refused: (caller: Caller, because: string) => void;
}

/** A list that is sent as CSV breaks off here: more is for the API's pages. */
const MAX_CSV_ROWS = 200_000;
const CSV_PAGE = 200;
/** What waits for a second person has been heard, and has not happened. */
const ACCEPTED = 202;
/** What Fastify calls the rest of a path, and the parameter that holds it. */
const REST = "*";
const everything: Visibility = [[{}]];
/** A policy of 256 Ki characters, as JSON: only of somebody who holds the permission is so much read. */
const MAX_TRUSTED_BODY_BYTES = 655_360;

type AnyHandler = (call: Call<Endpoint>) => Promise<unknown>;

interface Bound {
  readonly endpoint: Endpoint;
  readonly handler: AnyHandler;
  readonly resources: ResourcesOf<Endpoint> | undefined;
}

/**
 * Binds handlers to endpoints. Each call goes through the same doors in the same order: who is it, may they at all,
 * is the input in its form, what does it act upon, may they there, does it need a second person, is its intent in
 * the record. Only then does the handler run.
 */
export class Binder {
  readonly #app: FastifyInstance;
  readonly #options: BinderOptions;
  readonly #bound = new Map<string, Bound>();

  constructor(app: FastifyInstance, options: BinderOptions) {
    this.#app = app;
    this.#options = options;
    options.telemetry.observe(app);
  }

  bind<E extends Endpoint>(endpoint: E, handler: Handler<E>, resourcesOf?: ResourcesOf<E>): void {
    // What checkInput gives back has the types of E's own schemas; the compiler cannot follow that through a map.
    const resources = resourcesOf as unknown as ResourcesOf<Endpoint> | undefined;
    const bound: Bound = { endpoint, handler: handler as unknown as AnyHandler, resources };
    this.#bound.set(endpoint.id, bound);
    if (endpoint.bodyBytes === undefined) this.#route(this.#app, bound);
    else this.#app.register(async (within) => this.#route(takingBytes(within), bound));
  }

  #route(app: FastifyInstance, bound: Bound): void {
    const { endpoint } = bound;
    app.route({
      method: endpoint.method,
      config: { endpoint: endpoint.id },
      ...(rolePermissionOf(endpoint) !== undefined && { bodyLimit: MAX_TRUSTED_BODY_BYTES }),
      ...(endpoint.bodyBytes !== undefined && { bodyLimit: endpoint.bodyBytes }),
      url: fillPath(endpoint, (name, isRest) => (isRest ? REST : `:${name}`)),
      preParsing: async (request) => {
        // Before the body is read: a stranger's body is not worth the memory.
        request.caller = await this.#authenticate(endpoint, request);
        await this.#refuseHopeless(endpoint, request);
      },
      handler: (request, reply) => this.#answer(bound, { request, reply }),
    });
  }

  /**
   * Carries out what a second person agreed to. Where it lies, and who may what there, is looked at again: hosts get
   * other labels, and operations other permissions, while an act waits.
   */
  async perform(id: string, input: CallInput, as: PerformAs): Promise<unknown> {
    const bound = this.#bound.get(id);
    if (bound === undefined)
      throw new ServerError("NOT_FOUND", `there is no operation ${JSON.stringify(id)}`);
    const { endpoint } = bound;
    const checked = checkInput(endpoint, input);
    const subject = await this.#subjectOf(bound, checked);
    refuseOutgrown(endpoint, subject, as);
    const { caller, approver, decision } = as;
    const run = { caller, decision, approvedBy: approver.id, input: checked, subject, http: undefined };
    return await this.#run(bound, run);
  }

  /** Who is not let in at all is a refusal as well; who asks too often is not: that would fill the record. */
  async #authenticate(endpoint: Endpoint, request: FastifyRequest): Promise<Caller> {
    const { authenticate, admitsRefusal } = this.#options;
    try {
      return await authenticate(endpoint, request);
    } catch (thrown) {
      const isRefusal = thrown instanceof ServerError && thrown.code !== "TOO_MANY_REQUESTS";
      if (isRefusal && admitsRefusal?.(request) !== false) {
        const input = { params: paramsIn(endpoint, request), query: {}, body: {}, revision: "" };
        await this.#recordRefusal(endpoint, { caller: request.caller, input, because: thrown.code });
      }
      throw thrown;
    }
  }

  async #recordRefusal(
    endpoint: Endpoint,
    {
      caller,
      input,
      because,
      subject,
    }: {
      readonly caller: Caller;
      readonly input: CallInput;
      readonly because: string;
      readonly subject?: Subject | undefined;
    },
  ): Promise<void> {
    const decision = { decision: "deny" as const, because };
    const refused = recordedOf(endpoint, { caller, input, decision, subject, approvedBy: undefined });
    await recordRefusal(this.#options.record, refused, "refused");
    this.#options.refused(caller, because);
  }

  async #answer(bound: Bound, { request, reply }: Http): Promise<FastifyReply> {
    const { endpoint } = bound;
    const { caller } = request;
    const input = checkInput(endpoint, {
      params: paramsIn(endpoint, request),
      query: request.query,
      body: bodyIn(endpoint, request),
      revision: revisionFor(endpoint, request),
    });
    const subject = await this.#find(bound, { caller, input });
    const decision = this.#decide(endpoint, caller, subject);
    const http = { request, reply };
    const call = { caller, input, subject, decision, approvedBy: undefined, http };
    await this.#refuse(endpoint, call);
    if (wantsCsv(endpoint, request)) return this.#sendCsv(bound, call);
    const sent = await runOnce(this.#options.answers, { endpoint, caller, request }, async () => {
      if (decision?.decision === "needs-approval") return await this.#askSecond(endpoint, call);
      const answer = await this.#run(bound, call);
      return sentOf(answer, http);
    });
    // What is no JSON, its handler has sent; a stream is not over by now.
    if (reply.sent || endpoint.content !== undefined) return reply;
    if (sent.replayed) reply.header("idempotency-replayed", "true");
    return send(sent, { request, reply });
  }

  /** Nobody's body is read who holds the permission nowhere. */
  async #refuseHopeless(endpoint: Endpoint, request: FastifyRequest): Promise<void> {
    const { caller } = request;
    const permission = rolePermissionOf(endpoint);
    if (permission === undefined || holdsAnywhere(caller.principal, permission)) return;
    const decision = decide(caller.principal, permission, {});
    const call = {
      caller,
      input: { params: paramsIn(endpoint, request), query: {}, body: {}, revision: "" },
    };
    await this.#refuse(endpoint, {
      ...call,
      decision: { ...decision, decision: "deny" },
      subject: undefined,
    });
  }

  async #refuse(
    endpoint: Endpoint,
    call: Pick<Run, "caller" | "input"> & {
      readonly decision: AccessDecision | undefined;
      readonly subject: Subject | undefined;
    },
  ): Promise<void> {
    const { decision, subject } = call;
    if (decision?.decision !== "deny") return;
    await this.#recordRefusal(endpoint, { ...call, because: decision.because });
    // What somebody may not see is not there for them: an answer of its own would tell that it is.
    if (subject !== undefined && isHidden(endpoint, call.caller, subject)) {
      throw new ServerError("NOT_FOUND", `there is no ${subject.kind} ${JSON.stringify(subject.id)}`);
    }
    throw new ServerError("PERMISSION_DENIED", decision.because);
  }

  /**
   * Finds what a call acts upon. For somebody who sees a part of the fleet, what there is not is refused as what they
   * may not see is, in the record and in the count of refusals too: neither the time that it takes nor how often they
   * may ask tells the one from the other.
   */
  async #find(bound: Bound, call: Pick<Run, "caller" | "input">): Promise<Subject> {
    try {
      return await this.#subjectOf(bound, call.input);
    } catch (thrown) {
      const permission = rolePermissionOf(bound.endpoint);
      const isMissing = thrown instanceof ServerError && thrown.code === "NOT_FOUND";
      if (isMissing && permission !== undefined) {
        const { decision, because } = decide(call.caller.principal, permission, {});
        if (decision === "deny") await this.#recordRefusal(bound.endpoint, { ...call, because });
      }
      throw thrown;
    }
  }

  async #subjectOf({ endpoint, resources: resourcesOf }: Bound, input: CallInput): Promise<Subject> {
    if (endpoint.on !== "body")
      return await findSubject(endpoint, textsIn(input.params), this.#options.index);
    // Without somebody who says where it lies, it lies everywhere.
    const resources = resourcesOf === undefined ? [{}] : await resourcesOf(input.body as undefined);
    return { kind: "body", id: "", resources };
  }

  #decide(endpoint: Endpoint, { principal }: Caller, subject: Subject): AccessDecision | undefined {
    const permission = rolePermissionOf(endpoint);
    // A list is decided on item by item; that the permission is held at all has been seen.
    if (permission === undefined || endpoint.on === "list") return undefined;
    let worst: AccessDecision = { decision: "allow", because: "" };
    for (const resource of placesOf(subject)) {
      const decision = decide(principal, permission, resource);
      if (severityOf(decision) >= severityOf(worst)) worst = decision;
    }
    // Reading is not put off: a role that marks it lets nobody read.
    if (endpoint.method === "GET" && worst.decision === "needs-approval")
      return { ...worst, decision: "deny" };
    return worst;
  }

  async #askSecond(endpoint: Endpoint, call: Run): Promise<SentAnswer> {
    const { caller, input, subject } = call;
    const permission = rolePermissionOf(endpoint);
    if (permission === undefined || caller.kind === "agent") throw new ServerError("PERMISSION_DENIED", "");
    const recorded = recordedOf(endpoint, call);
    const details = detailsOf(recorded);
    const pending: PendingApproval = await runRecorded(
      this.#options.record,
      { ...recorded, endpoint: { ...endpoint, audit: "approval", id: `${endpoint.id}.requested` } },
      async () => await this.#options.desk().ask({ endpoint, permission, input, subject, caller, details }),
    );
    const body = JSON.stringify(pending);
    return { status: ACCEPTED, body, ...(endpoint.method === "PUT" && { tag: entityTagOf(pending, body) }) };
  }

  async #run(bound: Bound, run: Run): Promise<unknown> {
    const recorded = recordedOf(bound.endpoint, run);
    return await runRecorded(this.#options.record, recorded, async () => await handle(bound, run));
  }

  async #sendCsv(bound: Bound, run: Run & { readonly http: Http }): Promise<FastifyReply> {
    const { endpoint } = bound;
    const columns = endpoint.csv ?? [];
    const page = async (cursor: string | undefined) => {
      const { cursor: _, ...query } = Object(run.input.query);
      const input = {
        ...run.input,
        query: { ...query, limit: CSV_PAGE, ...(cursor !== undefined && { cursor }) },
      };
      // One list is one entry in the record, however many pages it has.
      const answer = cursor === undefined ? this.#run(bound, run) : handle(bound, { ...run, input });
      return pageIn(await answer);
    };
    // Before anything is sent: what cannot be begun is refused as any other call is.
    let { items, nextCursor } = await page(undefined);
    async function* lines(): AsyncGenerator<string> {
      yield csvLine(columns);
      for (let rows = 0; ; ) {
        for (const item of items) yield csvLine(columns.map((column) => valueAt(item, column)));
        if (nextCursor === null) return;
        rows += items.length;
        if (rows >= MAX_CSV_ROWS) throw new ServerError("CONFLICT", `the list has over ${MAX_CSV_ROWS} rows`);
        ({ items, nextCursor } = await page(nextCursor));
      }
    }
    return sendWhole(run.http, {
      type: "text/csv; charset=utf-8; header=present",
      fileName: `${endpoint.path.split("/").at(-1)}.csv`,
      content: lines(),
      endpoint: endpoint.id,
    });
  }
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set before anything else of the request is read. */
    caller: Caller;
  }
}

/** Prepares the app for a {@link Binder}. */
export function expectCallers(app: FastifyInstance): void {
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request) => {
    request.caller = nobodyAt(request.ip);
  });
}

/**
 * Has an app read JSON that tells of containers: their labels are called as their authors like. What Fastify would refuse for
 * the name of a key, `__proto__` for one, or what is read by another name than it has, would keep all later records of
 * that host from the server as well. Parsed JSON has such a key like any other; it is only where somebody assigns by name
 * that it could do harm.
 */
export function takeAnyKey(app: FastifyInstance): void {
  const refuse = app.getDefaultJsonParser("ignore", "ignore");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    let value: JsonValue;
    try {
      value = parseJson(body);
    } catch {
      refuse(request, body, done);
      return;
    }
    done(null, value);
  });
}

/** A part of an app that takes the bytes of every body as they are. */
function takingBytes(within: FastifyInstance): FastifyInstance {
  within.removeAllContentTypeParsers();
  within.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  return within;
}

interface Http {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface Run {
  readonly caller: Caller;
  readonly input: CallInput;
  readonly subject: Subject;
  readonly decision: AccessDecision | undefined;
  readonly approvedBy: string | undefined;
  readonly http: Http | undefined;
}

async function handle({ endpoint, handler }: Bound, run: Run): Promise<unknown> {
  const { caller, input, approvedBy, http } = run;
  const permission = rolePermissionOf(endpoint);
  const isList = permission !== undefined && endpoint.on === "list";
  return await handler({
    // Checked by the endpoint's own schemas.
    params: input.params as undefined,
    query: input.query as undefined,
    body: input.body as undefined,
    caller,
    seen: isList ? visibility(caller.principal, permission) : everything,
    revision: input.revision,
    approvedBy,
    http,
  });
}

function recordedOf(
  endpoint: Endpoint,
  run: Pick<Run, "caller" | "input" | "decision" | "approvedBy"> & { readonly subject: Subject | undefined },
): RecordedCall {
  const { caller, input, subject, decision, approvedBy } = run;
  const { params, query, body, revision } = input;
  const named = subject === undefined || subject.id === "" ? null : { kind: subject.kind, id: subject.id };
  return {
    endpoint,
    caller,
    subject: named,
    params,
    query,
    body,
    decision,
    revision,
    ...(approvedBy !== undefined && { approvedBy }),
  };
}

/** What of a call may be shown to whoever decides on it: the same that the record holds. */
function detailsOf({ endpoint, body }: RecordedCall) {
  const kept = Object.entries(Object(body)).filter(
    ([member]) => endpoint.recorded?.includes(member) ?? false,
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(kept)));
}

function rolePermissionOf({ permission }: Endpoint): Permission | undefined {
  return permissions.find((held) => held === permission);
}

const severities: Readonly<Record<AccessDecision["decision"], number>> = {
  allow: 0,
  "needs-approval": 1,
  deny: 2,
};

function severityOf({ decision }: AccessDecision): number {
  return severities[decision];
}

/** What is said to lie nowhere lies everywhere. */
function placesOf({ resources }: Subject): readonly Resource[] {
  return resources.length === 0 ? [{}] : resources;
}

/** What one must be allowed to read in order to know that a thing is there. */
const reading = {
  host: "hosts.read",
  image: "images.read",
  container: "containers.read",
  launch: "launches.read",
  detection: "detections.read",
  exception: "exceptions.read",
  registry: "registries.read",
  approval: "approvals.read",
} as const satisfies Partial<Record<Endpoint["on"], Permission>>;

function isHidden({ method, on }: Endpoint, { principal }: Caller, subject: Subject): boolean {
  if (on === "installation" || on === "list" || on === "self" || on === "body") return false;
  if (method === "GET") return true;
  return placesOf(subject).some((place) => decide(principal, reading[on], place).decision !== "allow");
}

/** Throws where the first or the second person may not do there any more what was agreed to. */
function refuseOutgrown(endpoint: Endpoint, subject: Subject, { caller, approver }: PerformAs): void {
  const permission = rolePermissionOf(endpoint);
  if (permission === undefined)
    throw new ServerError("APPROVAL_CLOSED", "it needs no second person any more");
  const requester = { requester: caller.principal.account, requesterName: caller.name };
  for (const resource of placesOf(subject)) {
    if (decide(caller.principal, permission, resource).decision === "deny") {
      throw new ServerError("APPROVAL_CLOSED", "the one who asked may not ask for it any more");
    }
    const { may, because } = mayApprove(approver.principal, { ...requester, permission, resource });
    if (!may) throw new ServerError("PERMISSION_DENIED", because);
  }
}

function paramsIn(endpoint: Endpoint, { params }: FastifyRequest): Readonly<Record<string, unknown>> {
  const named: [string, unknown][] = [];
  fillPath(endpoint, (name, isRest) => {
    named.push([name, Object(params)[isRest ? REST : name]]);
    return "";
  });
  return Object.fromEntries(named);
}

/** Where bytes are taken as they are, a request without a body has none of them. */
function bodyIn({ bodyBytes }: Endpoint, { body }: FastifyRequest): unknown {
  return bodyBytes === undefined ? body : (body ?? new Uint8Array());
}

function textsIn(params: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(Object(params)).map(([name, value]) => [name, String(value)]));
}

function wantsCsv(endpoint: Endpoint, request: FastifyRequest): boolean {
  return endpoint.csv !== undefined && (request.headers.accept ?? "").startsWith("text/csv");
}

function pageIn(answer: unknown): { readonly items: readonly unknown[]; readonly nextCursor: string | null } {
  const { items, nextCursor }: { items?: unknown; nextCursor?: unknown } = Object(answer);
  return {
    items: Array.isArray(items) ? items : [],
    nextCursor: typeof nextCursor === "string" ? nextCursor : null,
  };
}

function sentOf(answer: unknown, { request, reply }: Http): SentAnswer {
  if (answer === undefined) return { status: reply.statusCode === 200 ? 204 : reply.statusCode, body: "" };
  const body = JSON.stringify(answer);
  return { status: reply.statusCode, body, ...(isTagged(request) && { tag: entityTagOf(answer, body) }) };
}

function isTagged({ method }: FastifyRequest): boolean {
  return method === "GET" || method === "PUT";
}

function send({ status, body, tag }: SentAnswer, { request, reply }: Http): FastifyReply {
  if (body === "") return reply.status(status).send();
  if (status === ACCEPTED) {
    const { approvalId }: { approvalId?: unknown } = Object(JSON.parse(body));
    reply.header("location", `/api/v1/approvals/${String(approvalId)}`);
  }
  if (tag !== undefined) {
    reply.header("etag", tag.text);
    if (request.method === "GET" && tag.tellsAll && isKnown(request, tag.text)) {
      return reply.status(304).send();
    }
  }
  return reply.status(status).header("content-type", "application/json; charset=utf-8").send(body);
}
