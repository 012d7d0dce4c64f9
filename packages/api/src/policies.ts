import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, identifier, instant, name, policyFile, text } from "./scalars.ts";
import { scope } from "./scope.ts";

/** A policy document that the server hands to agents: YAML, as `docs/reference/policies.md` describes it. */
const policyDocument = z.strictObject({
  name: identifier,
  text: policyFile,
  /** The hosts that it holds on; `{}` is all of them. */
  scope,
  enabled: z.boolean(),
  revision: name,
  changedAt: instant,
  changedBy: name,
  /** Names of the rules in it. */
  rules: z.array(name),
  /** Hosts that have taken this revision, of those that it is for. */
  inForce: z.strictObject({ hosts: count, of: count }),
});

export type PolicyEntry = z.output<typeof policyDocument>;

const policyProblem = z.strictObject({
  line: count.exactOptional(),
  column: count.exactOptional(),
  message: text,
});

export const listPolicies = {
  id: "listPolicies",
  method: "GET",
  path: "/api/v1/policies",
  on: "list",
  summary: "Lists the policies that the server hands to agents, and whether the built-in ones hold",
  permission: "policies.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(policyDocument), builtIn: z.boolean() }),
  csv: [
    "name",
    "enabled",
    "scope",
    "inForce.hosts",
    "inForce.of",
    "rules",
    "revision",
    "changedAt",
    "changedBy",
  ],
} as const satisfies Endpoint;

export const showPolicy = {
  id: "showPolicy",
  method: "GET",
  path: "/api/v1/policies/{policy}",
  on: "installation",
  summary: "Shows one policy; the ETag is its revision",
  permission: "policies.read",
  audit: "none",
  params: z.strictObject({ policy: identifier }),
  reply: policyDocument,
} as const satisfies Endpoint;

const draft = z.strictObject({ text: policyFile, scope, enabled: z.boolean().default(true) });

/** Makes or changes a policy. One that does not compile is refused with `POLICY_INVALID`, naming each line. */
export const putPolicy = {
  id: "putPolicy",
  method: "PUT",
  path: "/api/v1/policies/{policy}",
  on: "installation",
  summary: "Makes or changes a policy; agents have it within two seconds",
  permission: "policies.write",
  audit: "policy",
  recorded: ["text", "scope", "enabled"],
  conditional: true,
  params: z.strictObject({ policy: identifier }),
  body: draft,
  reply: policyDocument,
} as const satisfies Endpoint;

export const deletePolicy = {
  id: "deletePolicy",
  method: "DELETE",
  path: "/api/v1/policies/{policy}",
  on: "installation",
  summary: "Removes a policy",
  permission: "policies.write",
  audit: "policy",
  conditional: true,
  params: z.strictObject({ policy: identifier }),
} as const satisfies Endpoint;

/** Checks a draft without keeping it. */
export const lintPolicy = {
  id: "lintPolicy",
  method: "POST",
  path: "/api/v1/policy-drafts/lint",
  on: "installation",
  summary: "Checks a draft: syntax, types, and what it can never match; runs the tests in it",
  permission: "policies.read",
  audit: "none",
  body: z.strictObject({ text: policyFile }),
  reply: z.strictObject({
    problems: z.array(policyProblem),
    warnings: z.array(policyProblem),
    tests: z.array(z.strictObject({ name: text, passed: z.boolean(), message: text.exactOptional() })),
    rules: z.array(name),
  }),
} as const satisfies Endpoint;

const dryRunLaunch = z.strictObject({
  launchId: name,
  time: instant,
  host: name,
  container: text,
  image: text,
  before: z.enum(["allow", "deny"]),
  after: z.enum(["allow", "deny"]),
  reasons: z.array(z.strictObject({ rule: name, message: text, value: text })),
});

/** Judges recorded launches anew, with the draft in place of the policy of its name. */
export const dryRunPolicy = {
  id: "dryRunPolicy",
  method: "POST",
  path: "/api/v1/policy-drafts/dry-run",
  on: "installation",
  summary: "Judges recorded launches anew with a draft, and shows what would have changed",
  permission: "policies.read",
  audit: "none",
  body: draft.extend({
    /** The policy that the draft replaces; absent for one that is added. */
    policy: identifier.exactOptional(),
    launches: z.int().min(1).max(2000).default(500),
  }),
  reply: z.strictObject({
    judged: count,
    /** Recorded launches that cannot be judged anew, for want of their image's report or of the launch itself. */
    skipped: count,
    newlyDenied: count,
    newlyAllowed: count,
    /** Those that would have changed, newest first; at most 200. */
    changed: z.array(dryRunLaunch),
  }),
} as const satisfies Endpoint;
