import type { PolicyDocument } from "./policy.ts";

/** The built-in set, used where the user has none. */
export const defaultPolicies: readonly PolicyDocument[] = [];
