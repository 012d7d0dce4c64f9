import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A message that a web hook got. */
export interface Hooked {
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly kind: string;
    readonly title: string;
    readonly text: string;
    readonly count: number;
    readonly severity: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly items: readonly { readonly title: string; readonly text: string; readonly link?: string }[];
  };
}

/** A receiver of web hooks on loopback. */
export interface HookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly got: readonly Hooked[];
  /** Answers with this status from now on. */
  answer(status: number): void;
}

export async function hookReceiver(): Promise<HookReceiver> {
  const got: Hooked[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    got.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
    response.writeHead(status).end("heard");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    got,
    answer: (next) => {
      status = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
