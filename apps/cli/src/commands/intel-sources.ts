import type { SourceLocation, UpdateOptions } from "@pratique/intel";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { hostResolvers } from "../runtime/host-resolvers.ts";
import { readFeedCredentials } from "../settings/feed-credentials.ts";

/** By what an update judges what feeds say, whatever it builds: what the configuration says of it. */
export function judgedBy({
  settings: { intel },
}: Context): Pick<
  UpdateOptions,
  "ignoreWarningLists" | "allow" | "expireDays" | "blockFromConfidence" | "credentials"
> {
  return {
    ...(intel.ignoreWarningLists !== undefined && { ignoreWarningLists: intel.ignoreWarningLists }),
    allow: [...(intel.allow ?? []), ...hostResolvers()],
    expireDays: intel.expireDays ?? {},
    ...(intel.blockFromConfidence !== undefined && { blockFromConfidence: intel.blockFromConfidence }),
    credentials: readFeedCredentials(intel.credentialsFile),
  };
}

/** `FEED:PATH_OR_URL`; whether there is such a feed says the set. */
export function parseLocation(text: string): SourceLocation {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) {
    throw new CliError("USAGE", `expected FEED:PATH_OR_URL, found ${JSON.stringify(text)}`);
  }
  return { feed: text.slice(0, colon), location: text.slice(colon + 1) };
}
