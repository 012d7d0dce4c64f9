import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, identifier, instant, name, text } from "./scalars.ts";
import { scope } from "./scope.ts";

/** The longest file of rules. */
const MAX_RULE_FILE = 262_144;

/** A file of rules for running containers that the server hands to agents: YAML in Falco's language. */
const ruleFile = z.strictObject({
  name: identifier,
  text,
  /** The hosts that it holds on; `{}` is all of them. */
  scope,
  enabled: z.boolean(),
  revision: name,
  changedAt: instant,
  changedBy: name,
  /** Names of the rules that it makes. */
  rules: z.array(name),
  /** Hosts that have taken this revision, of those that it is for and that watch containers. */
  inForce: z.strictObject({ hosts: count, of: count }),
});

export type RuleFileEntry = z.output<typeof ruleFile>;

const ruleIssue = z.strictObject({
  line: count,
  /** The rule, macro or list that it is about; empty where it is the file. */
  name,
  message: text,
});

/** Lists the files of rules. */
export const listRuleFiles = {
  id: "listRuleFiles",
  method: "GET",
  path: "/api/v1/rule-files",
  on: "list",
  summary: "Lists the files of rules for running containers that the server hands to agents",
  permission: "rules.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(ruleFile) }),
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

export const showRuleFile = {
  id: "showRuleFile",
  method: "GET",
  path: "/api/v1/rule-files/{ruleFile}",
  on: "installation",
  summary: "Shows one file of rules; the ETag is its revision",
  permission: "rules.read",
  audit: "none",
  params: z.strictObject({ ruleFile: identifier }),
  reply: ruleFile,
} as const satisfies Endpoint;

/** Makes or changes a file of rules. One that does not load is refused with `RULES_INVALID`, naming each line. */
export const putRuleFile = {
  id: "putRuleFile",
  method: "PUT",
  path: "/api/v1/rule-files/{ruleFile}",
  on: "installation",
  summary: "Makes or changes a file of rules; agents have it within two seconds",
  permission: "rules.write",
  audit: "policy",
  recorded: ["text", "scope", "enabled"],
  conditional: true,
  params: z.strictObject({ ruleFile: identifier }),
  body: z.strictObject({
    text: z.string().max(MAX_RULE_FILE),
    scope,
    enabled: z.boolean().default(true),
  }),
  reply: ruleFile,
} as const satisfies Endpoint;

export const deleteRuleFile = {
  id: "deleteRuleFile",
  method: "DELETE",
  path: "/api/v1/rule-files/{ruleFile}",
  on: "installation",
  summary: "Removes a file of rules",
  permission: "rules.write",
  audit: "policy",
  conditional: true,
  params: z.strictObject({ ruleFile: identifier }),
} as const satisfies Endpoint;

/** Checks a draft without keeping it. */
export const lintRuleFile = {
  id: "lintRuleFile",
  method: "POST",
  path: "/api/v1/rule-drafts/lint",
  on: "installation",
  summary: "Checks a draft of a file of rules together with those that are in force",
  permission: "rules.read",
  audit: "none",
  body: z.strictObject({
    /** The file that the draft replaces; absent for one that is added. */
    ruleFile: identifier.exactOptional(),
    text: z.string().max(MAX_RULE_FILE),
  }),
  reply: z.strictObject({
    problems: z.array(ruleIssue),
    warnings: z.array(ruleIssue),
    /** For each rule of the draft, how much of it works on a host whose sensor sees all that there is. */
    rules: z.array(
      z.strictObject({
        name,
        supported: z.enum(["full", "partial", "none"]),
        reasons: z.array(text),
      }),
    ),
  }),
} as const satisfies Endpoint;
