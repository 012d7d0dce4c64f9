import {
  decideProfileItem,
  exportProfile,
  listProfiles,
  putProfiles,
  setProfileMode,
  showProfile,
} from "@pratique/api";
import type { StoredProfile } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { hostOf } from "../calls/agent-host.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { tellAgent } from "../fleet/commands.ts";
import { exportOf, profileEntryOf, profileViewOf, readReported } from "../runtime/learned-profile.ts";
import { refuseRevoked } from "./host-routes.ts";

/** What agents tell of what they learned. */
export function bindProfileReports(binder: Binder, { store, now }: Context): void {
  binder.bind(putProfiles, async ({ body, caller }) => {
    const host = await hostOf(caller, store);
    const { known, leftOut, profiles } = body;
    const unknown = profiles.find(({ image }) => !known.includes(image));
    if (unknown !== undefined) {
      throw new ServerError("REQUEST_MALFORMED", `expected ${unknown.image} among those that are known`);
    }
    // A host's clock could keep for ever what it made up.
    const takenAt = new Date(now()).toISOString();
    await store.runtime.profiles.put({ host, takenAt, known, leftOut, profiles: profiles.map(readReported) });
    return undefined;
  });
}

/** What hosts learned of images. */
export function bindProfiles(binder: Binder, context: Context): void {
  const { store } = context;
  const { profiles } = store.runtime;

  const find = async (host: string, image: string): Promise<StoredProfile> => {
    const found = await profiles.find(host, image);
    if (found !== undefined) return found;
    throw new ServerError("NOT_FOUND", `${JSON.stringify(host)} has told of no profile of ${image}`);
  };

  /** Throws where the host has no such profile, or its agent can be told nothing any more. */
  const refuseHopeless = async (host: string, image: string): Promise<void> => {
    await find(host, image);
    const identity = await store.fleet.identities.find(host);
    if (identity !== undefined) refuseRevoked(identity);
  };

  binder.bind(listProfiles, async ({ query, seen }) => {
    const { items, nextCursor, total } = await profiles.list({ ...query, seen });
    return { items: items.map(profileEntryOf), nextCursor, total, leftOut: await profiles.leftOut(seen) };
  });

  binder.bind(showProfile, async ({ params }) => profileViewOf(await find(params.host, params.image)));

  binder.bind(exportProfile, async ({ params, query }) =>
    exportOf(await find(params.host, params.image), query),
  );

  binder.bind(setProfileMode, async ({ params, body, caller }) => {
    const { host, image } = params;
    await refuseHopeless(host, image);
    const { reason: _, ...wanted } = body;
    const task = { kind: "set-profile-mode", imageId: image, by: wordOf(caller), ...wanted } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });

  binder.bind(decideProfileItem, async ({ params, body, caller }) => {
    const { host, image } = params;
    await refuseHopeless(host, image);
    const { item, verdict } = body;
    const task = { kind: "decide-profile-item", imageId: image, by: wordOf(caller), item, verdict } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });
}

const MAX_BY = 256;

/** How the host's record names whoever asked. */
function wordOf({ kind, name }: Caller): string {
  return `${kind}:${name}`.slice(0, MAX_BY);
}
