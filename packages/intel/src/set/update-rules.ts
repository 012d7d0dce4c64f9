import { createHash } from "node:crypto";
import { Guard } from "../canonical/guard.ts";
import { builtinWarningLists, defaultIgnoredWarningLists } from "../warning-lists/builtin.ts";
import { loadWarningLists } from "../warning-lists/load.ts";
import { type WarningList, WarningLists } from "../warning-lists/warning-lists.ts";
import { defaultExpireDays, type ExpireDays, type IntakeRules } from "./intake.ts";
import type { UpdateOptions } from "./update-options.ts";

const DEFAULT_BLOCK_FROM = 50;
const DEFAULT_MAX_INDICATORS = 5_000_000;
/** Raised when the same indicators are judged in another way. */
const RULES_VERSION = 1;

/** The rules of an update, and what they are recognised by: under others, everything has to be judged anew. */
export interface UpdateRules {
  readonly rules: IntakeRules;
  readonly fingerprint: string;
}

/** Makes the rules of an update; reads the warning lists at some places. */
export async function loadUpdateRules(
  options: UpdateOptions,
  { warningLists, now }: { readonly warningLists: readonly string[]; readonly now: Date },
): Promise<UpdateRules> {
  const { allow = [], expireDays = {}, blockFromConfidence = DEFAULT_BLOCK_FROM, maxIndicators } = options;
  const { lists, digest } = await loadLists(warningLists, options);
  const judgedBy = [RULES_VERSION, digest, allow, expireDays, blockFromConfidence];
  return {
    fingerprint: createHash("sha256").update(JSON.stringify(judgedBy)).digest("hex"),
    rules: {
      guard: new Guard(allow),
      warningLists: lists,
      expireDays: withDefaults(expireDays),
      blockFromConfidence,
      now: now.getTime(),
      maxIndicators: maxIndicators ?? DEFAULT_MAX_INDICATORS,
    },
  };
}

async function loadLists(
  places: readonly string[],
  { ignoreWarningLists = defaultIgnoredWarningLists, signal }: UpdateOptions,
): Promise<{ readonly lists: WarningLists; readonly digest: string }> {
  const lists = new WarningLists();
  const hash = createHash("sha256");
  const take = (list: WarningList): void => {
    if (ignoreWarningLists.includes(list.id)) return;
    hash.update(JSON.stringify(list));
    lists.add(list);
  };
  for (const list of builtinWarningLists) take(list);
  for (const place of places) await loadWarningLists(place, take, signal);
  return { lists, digest: hash.digest("hex") };
}

function withDefaults({
  address,
  network,
  domain,
  url,
  hash,
}: NonNullable<UpdateOptions["expireDays"]>): ExpireDays {
  return {
    address: address ?? defaultExpireDays.address,
    network: network ?? defaultExpireDays.network,
    domain: domain ?? defaultExpireDays.domain,
    url: url ?? defaultExpireDays.url,
    hash: hash ?? defaultExpireDays.hash,
  };
}
