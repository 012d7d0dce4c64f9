import { decodeUtf8 } from "../../decode-text.ts";

/** Packages of one lock; more are written by somebody who wants to be slow. */
const MAX_LOCKED = 20_000;

/** `"jason": {:hex, :jason, "1.4.1", …}` of Mix: the application, and the package that has it. */
const MIX = /"(?<application>[a-z]\w{0,99})": \{:hex, :(?<name>[a-z]\w{0,99}), "/gu;
/** `{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.9.0">>},0}` of rebar3. */
const REBAR = /\{<<"(?<application>[a-z]\w{0,99})">>,\s{0,99}\{pkg,\s{0,99}<<"(?<name>[a-z]\w{0,99})">>/gu;

/**
 * The applications that a lock says are from Hex, each with the name of its package. Others come from a repository of
 * somebody's, or from the project itself.
 */
export function hexApplications(file: string, content: Buffer): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const pattern = file.endsWith("mix.lock") ? MIX : REBAR;
  for (const { groups } of decodeUtf8(content).matchAll(pattern)) {
    const { application, name } = groups ?? {};
    if (application !== undefined && name !== undefined) found.set(application, name);
    if (found.size === MAX_LOCKED) break;
  }
  return found;
}
