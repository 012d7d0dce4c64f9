import { z } from "zod";

export const profileSummary = z.object({
  image: z.string(),
  names: z.array(z.string()),
  mode: z.enum(["learn", "watch", "enforce"]),
  since: z.number().optional(),
  until: z.number().optional(),
  waitsFor: z.string().optional(),
  openDeviations: z.number(),
  withheld: z.number(),
  counts: z.record(z.string(), z.number()),
  openKinds: z.array(z.string()),
});

/** A profile as the agent sums it up. Times are milliseconds since 1970. */
export type ProfileSummary = z.output<typeof profileSummary>;

const named = z.object({ name: z.string() });
export const profileView = profileSummary.extend({
  open: z.array(named.extend({ priority: z.string(), text: z.string(), count: z.number() })),
  withheldItems: z.array(named.extend({ rule: z.string() })),
  decisions: z.array(named.extend({ verdict: z.string(), by: z.string() })),
  items: z.array(named.extend({ kind: z.string() })),
});

/** A profile with all that it holds. */
export type ProfileView = z.output<typeof profileView>;

/** What the agent answers where all are asked for. */
export const profilesAnswer = z.object({ profiles: z.array(profileSummary), leftOut: z.number() });
