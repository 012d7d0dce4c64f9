import { type Endpoint, pathOf, problem, type ReplyOf } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { CallError } from "./call-error.ts";

export interface CallInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Calls an endpoint of the contract, and checks that the answer is in its form. Throws CallError. */
export async function call<E extends Endpoint>(endpoint: E, input: CallInput = {}): Promise<ReplyOf<E>> {
  const response = await send(endpoint, input);
  if (!response.ok) throw await refusalOf(response);
  const answer = endpoint.reply === undefined ? undefined : endpoint.reply.parse(await response.json());
  // The schema is that of E, so what it gives has E's type; the compiler cannot follow the lookup.
  return answer as ReplyOf<E>;
}

async function send(endpoint: Endpoint, { params, query, body, signal }: CallInput): Promise<Response> {
  const request: RequestInit = { method: endpoint.method, credentials: "same-origin" };
  if (signal !== undefined) request.signal = signal;
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "content-type": "application/json" };
  }
  try {
    return await fetch(pathOf(endpoint, params, query), request);
  } catch (cause) {
    throw new CallError("UNREACHABLE", `the server cannot be reached: ${messageOf(cause)}`, { cause });
  }
}

async function refusalOf(response: Response): Promise<CallError> {
  const parsed = problem.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return new CallError("UNREACHABLE", `the server answered ${response.status}`);
  const { code, title, detail } = parsed.data;
  return new CallError(code, detail === undefined ? title : `${title}: ${detail}`);
}
