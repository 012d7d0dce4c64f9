import { runAuditor } from "@pratique/auditor";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";

/** `pratique audit verify LOG`, `prove`, `export` and `witness`: what the program `pratique-audit` does. */
export async function auditLog(
  { console, now, signal }: Context,
  name: string,
  options: readonly string[],
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const args = [name, ...options, ...(flags.json === true ? ["--json"] : [])];
  return await runAuditor(args, {
    write: (text) => console.print(text),
    say: (line) => console.say(line),
    now,
    fetch: globalThis.fetch,
    signal,
  });
}
