import {
  type Endpoint,
  type PendingApproval,
  pathOf,
  pendingApproval,
  problem,
  type ReplyOf,
} from "@pratique/api";
import { messageOf } from "@pratique/core";
import type { z } from "zod";
import { CallError } from "./call-error.ts";

export interface CallInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** The revision that is changed, or `new` where nothing may be there yet. */
  readonly revision?: string;
}

/** What came of an act: it is done, or it waits for a second person. */
export type Acted<Reply> =
  | { readonly kind: "done"; readonly reply: Reply }
  | { readonly kind: "waits"; readonly approval: PendingApproval };

/** Calls an endpoint of the contract, and checks that the answer is in its form. Throws CallError. */
export async function call<E extends Endpoint>(endpoint: E, input: CallInput = {}): Promise<ReplyOf<E>> {
  const acted = await act(endpoint, input);
  if (acted.kind === "done") return acted.reply;
  throw new CallError("WAITS", "this waits for a second person");
}

/** Calls an endpoint that may have to wait for a second person. Throws CallError. */
export async function act<E extends Endpoint>(
  endpoint: E,
  input: CallInput = {},
): Promise<Acted<ReplyOf<E>>> {
  const response = await send(endpoint, input, "application/json");
  if (response.status === 202) {
    return { kind: "waits", approval: await readAnswer(pendingApproval, response) };
  }
  const reply = endpoint.reply === undefined ? undefined : await readAnswer(endpoint.reply, response);
  // The schema is that of E, so what it gives has E's type; the compiler cannot follow the lookup.
  return { kind: "done", reply: reply as ReplyOf<E> };
}

/** Reads what is no JSON, as the endpoint's content. Throws CallError. */
export async function readContent(
  endpoint: Endpoint & { readonly content: string },
  input: CallInput = {},
): Promise<Blob> {
  const response = await send(endpoint, input, endpoint.content);
  return await response.blob();
}

/** Reads a list whole, as CSV. Throws CallError. */
export async function readCsv(endpoint: Endpoint, input: CallInput = {}): Promise<Blob> {
  const response = await send(endpoint, input, "text/csv");
  return await response.blob();
}

async function send(endpoint: Endpoint, input: CallInput, accept: string): Promise<Response> {
  const { params, query, body, signal, revision } = input;
  const headers = new Headers({ accept });
  const request: RequestInit = { method: endpoint.method, credentials: "same-origin", headers };
  if (signal !== undefined) request.signal = signal;
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    headers.set("content-type", "application/json");
  }
  if (revision === "new") headers.set("if-none-match", "*");
  else if (revision !== undefined) headers.set("if-match", `"${revision}"`);
  const response = await reach(pathOf(endpoint, params, query), request);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (cause) {
    throw new CallError("UNREACHABLE", `the server cannot be reached: ${messageOf(cause)}`, { cause });
  }
}

/** What exactly is wrong with an answer helps nobody who looks at the page: it is the cause. */
async function readAnswer<Answer>(schema: z.ZodType<Answer>, response: Response): Promise<Answer> {
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new CallError(
    "UNREACHABLE",
    "the server's answer is not one that this page understands; reload the page",
    { cause: parsed.error },
  );
}

async function refusalOf(response: Response): Promise<CallError> {
  const parsed = problem.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return new CallError("UNREACHABLE", `the server answered ${response.status}`);
  const { code, title, detail, errors = [] } = parsed.data;
  return new CallError(code, detail === undefined ? title : `${title}: ${detail}`, { faults: errors });
}
