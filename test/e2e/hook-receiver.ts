import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A message that a web hook got. */
interface Hooked {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
}

/** A receiver of web hooks on loopback. */
export interface HookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly got: readonly Hooked[];
}

export async function hookReceiver(): Promise<HookReceiver> {
  const got: Hooked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    got.push(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    response.end("heard");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    got,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
