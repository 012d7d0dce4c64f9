import { type IncomingHttpHeaders, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/** A reply, read to its end; a stream of events, which has none, as far as its head. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Calls over TLS. The certificate is the server's own, so it is trusted as it is. */
export async function callHttps(url: string, path: string, options: CallOptions = {}): Promise<Reply> {
  const { hostname, port } = new URL(url);
  return await send(httpsRequest, { hostname, port, path, rejectUnauthorized: false }, options);
}

/** Calls over a Unix socket. */
export async function callSocket(socketPath: string, path: string, options: CallOptions = {}): Promise<Reply> {
  return await send(httpRequest, { socketPath, path }, options);
}

type Send = (options: RequestOptions & { readonly rejectUnauthorized?: boolean }) => ReturnType<typeof httpRequest>;

async function send(
  open: Send,
  target: RequestOptions & { readonly rejectUnauthorized?: boolean },
  { method = "GET", headers = {}, body }: CallOptions,
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const outgoing = open({
      ...target,
      method,
      agent: false,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      const { statusCode: status = 0, headers: answered } = incoming;
      if (answered["content-type"] === "text/event-stream") {
        incoming.destroy();
        resolve({ status, headers: answered, text: "", json: {} });
        return;
      }
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (piece: string) => {
        text += piece;
      });
      incoming.once("error", reject);
      incoming.once("end", () =>
        resolve({ status, headers: answered, text, json: jsonIn(text) }),
      );
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function jsonIn(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // A page or an empty body: the test looks at the text.
    return {};
  }
}
