import { openApiDocument, showOpenApi } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

/** What there is to call. */
export function bindOpenApi(binder: Binder, { version }: Context): void {
  // Strangers may ask for it: it is made and written once.
  const document = JSON.stringify(openApiDocument(version));
  binder.bind(showOpenApi, async ({ http }) => {
    http?.reply.type(`${showOpenApi.content}; charset=utf-8`).send(document);
    return undefined;
  });
}
