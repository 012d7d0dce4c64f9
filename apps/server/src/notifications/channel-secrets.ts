import { type Channel as ChannelEntry, channelSettings } from "@pratique/api";
import type { ChannelKind } from "@pratique/notify";
import { ServerError } from "../errors.ts";
import { RowSecrets } from "../sealing/row-secrets.ts";

export type ChannelSettings = ChannelEntry["settings"];

export const channelSecrets = new RowSecrets("channels", channelSettings);

/** Whoever may change where something goes must not have a secret sent there that they do not know. */
const PLACES: ReadonlySet<string> = new Set(["url", "host", "port", "transport", "security"]);

/** Settings apart from the secrets among them. */
export interface SplitSettings {
  readonly open: ChannelSettings;
  readonly secrets: ChannelSettings;
}

/** Takes the secrets of a kind out of its settings. */
export function splitSettings({ secrets: names }: ChannelKind, settings: ChannelSettings): SplitSettings {
  const isSecret = ([name]: readonly [string, unknown]) => names.includes(name);
  return {
    open: Object.fromEntries(Object.entries(settings).filter((entry) => !isSecret(entry))),
    secrets: Object.fromEntries(Object.entries(settings).filter(isSecret)),
  };
}

/**
 * The secrets that hold after a change: those that are given, and of those before what is left out. An empty text
 * removes one. Throws `SETTINGS_INVALID` where a secret would go to another place than it was given for.
 */
export function secretsAfter(
  given: SplitSettings,
  before: {
    readonly kind: string;
    readonly open: Readonly<Record<string, unknown>>;
    readonly secrets: ChannelSettings;
  },
  kind: string,
): ChannelSettings {
  const kept = Object.entries(before.secrets).filter(([name]) => !Object.hasOwn(given.secrets, name));
  if (kept.length > 0 && (before.kind !== kind || movesElsewhere(given, before.open))) {
    const names = kept.map(([name]) => name).join(", ");
    throw new ServerError(
      "SETTINGS_INVALID",
      `it goes to another place now: give the secrets again (${names})`,
    );
  }
  const all = { ...Object.fromEntries(kept), ...given.secrets };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

function movesElsewhere(given: SplitSettings, before: Readonly<Record<string, unknown>>): boolean {
  const names = new Set([...Object.keys(given.open), ...Object.keys(before)]);
  const isMoved = [...names].some((name) => PLACES.has(name) && given.open[name] !== before[name]);
  return isMoved || Object.keys(given.secrets).some((name) => PLACES.has(name));
}
