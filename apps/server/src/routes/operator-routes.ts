import { createSignInLink } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { createOperatorLink } from "../sign-in.ts";

/** What the server's own machine asks for. */
export function bindOperator(binder: Binder, context: Context): void {
  binder.bind(createSignInLink, async () => await createOperatorLink(context));
}
