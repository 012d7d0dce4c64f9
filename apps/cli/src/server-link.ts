import { request } from "node:http";
import { createSignInLink } from "@pratique/api";
import { z } from "zod";

const TIMEOUT_MS = 5000;

const reply = z.object({ url: z.string() });

/** Has the server at a socket make a link that signs in, once. Rejects where no server answers. */
export function newSignInLink(socketPath: string): Promise<string> {
  const { path, method } = createSignInLink;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request({ socketPath, path, method, timeout: TIMEOUT_MS }, (response) => {
    response.setEncoding("utf8");
    let body = "";
    response.on("data", (text: string) => {
      body += text;
    });
    response.on("error", reject);
    response.on("end", () => {
      const parsed = response.statusCode === 200 ? reply.safeParse(JSON.parse(body)) : undefined;
      if (parsed?.success) resolve(parsed.data.url);
      else reject(new Error(`the server answered ${response.statusCode}`));
    });
  });
  call.on("error", reject);
  call.on("timeout", () => call.destroy(new Error("the server does not answer")));
  call.end();
  return promise;
}
