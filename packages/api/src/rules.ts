import { ruleActions } from "@pratique/core";
import { z } from "zod";
import { priority } from "./detection-record.ts";
import type { Endpoint } from "./endpoint.ts";
import { enforceability } from "./runtime.ts";
import { count, identifier, instant, name, policyFile, text } from "./scalars.ts";
import { scope } from "./scope.ts";

const MAX_TRIED = 2000;
const MAX_CHANGED = 200;
const MAX_MISSING = 16;

/** A file of rules for running containers that the server hands to agents: YAML in Falco's language. */
const ruleFile = z.strictObject({
  name: identifier,
  text: policyFile,
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

/** Whether a kernel can decide a rule by itself, before anything happens; a host may still lack what that takes. */
const kernelView = z.strictObject({ decides: z.boolean(), reasons: z.array(text) });

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
    text: policyFile,
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
    text: policyFile,
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
        enabled: z.boolean(),
        priority,
        action: z.enum(ruleActions).exactOptional(),
        kernel: kernelView,
      }),
    ),
    /** Rules of other files that the draft changes, and whether they are on with it. */
    changes: z.array(z.strictObject({ name, enabled: z.boolean() })),
  }),
} as const satisfies Endpoint;

/** Asks the rules of a draft about recorded detections, as far as what was recorded of them tells. */
export const tryRuleFile = {
  id: "tryRuleFile",
  method: "POST",
  path: "/api/v1/rule-drafts/try",
  on: "installation",
  summary: "Asks the rules of a draft, and those that it changes, about recorded detections",
  permission: "rules.read",
  audit: "none",
  body: z.strictObject({
    /** The file that the draft replaces; absent for one that is added. */
    ruleFile: identifier.exactOptional(),
    text: policyFile,
    /** So many of the newest detections are looked at. */
    detections: z.int().min(1).max(MAX_TRIED).default(500),
  }),
  reply: z.strictObject({
    /** Detections that were looked at; a rule is asked about those of the events that it is about. */
    detections: count,
    rules: z.array(
      z.strictObject({
        rule: name,
        matches: count,
        differs: count,
        /** Those of which too little was recorded to tell. */
        unknown: count,
        /** What would have to be known of them, the most often missing first. */
        missing: z.array(text).max(MAX_MISSING),
        /** Its own detections that it would not tell any more. */
        quieter: count,
      }),
    ),
    /** What would be told by another rule than now, or by none any more; the newest first. */
    changed: z
      .array(
        z.strictObject({
          detectionId: name,
          time: instant,
          host: name,
          container: text,
          output: text,
          /** The rule that told it. */
          told: name,
          rule: name,
          answer: z.enum(["matches", "differs"]),
        }),
      )
      .max(MAX_CHANGED),
  }),
} as const satisfies Endpoint;

const hostCounts = z.strictObject({ prevents: count, kills: count, detects: count, off: count });

/** A rule, whoever wrote it. */
const ruleEntry = z.strictObject({
  rule: name,
  description: text,
  priority,
  tags: z.array(name),
  /**
   * Who wrote it. `default` and `hardened` come with Pratique, and are read-only; `server` is a file of the server's;
   * `host` lies on a host, or was learned there.
   */
  origin: z.enum(["default", "hardened", "server", "host"]),
  /** The server's file that makes it; null for all others. */
  ruleFile: identifier.nullable(),
  /** The server's files that change it, in their order. */
  changedBy: z.array(identifier),
  /** By what the files say, before any host is asked; `partly`: on in one place and off in another. */
  state: z.enum(["on", "off", "partly"]),
  action: z.enum(ruleActions).exactOptional(),
  /** How many hosts do what by it, of those that have told. */
  hosts: hostCounts,
});

export type RuleEntry = z.output<typeof ruleEntry>;

export const listRules = {
  id: "listRules",
  method: "GET",
  path: "/api/v1/rules",
  on: "list",
  summary:
    "Lists all rules for running containers: default rules, the server's and those that hosts have by themselves",
  permission: "rules.read",
  audit: "none",
  reply: z.strictObject({
    items: z.array(ruleEntry),
    /** Hosts that have told their rules. */
    hosts: count,
    /** False where there is more than is shown. */
    complete: z.boolean(),
  }),
  csv: [
    "rule",
    "priority",
    "tags",
    "origin",
    "ruleFile",
    "changedBy",
    "state",
    "action",
    "hosts.prevents",
    "hosts.kills",
    "hosts.detects",
    "hosts.off",
  ],
} as const satisfies Endpoint;

export const showRule = {
  id: "showRule",
  method: "GET",
  path: "/api/v1/rules/{rule}",
  on: "list",
  summary: "Shows one rule: its condition, who changes it, and what each host does by it",
  permission: "rules.read",
  audit: "none",
  params: z.strictObject({ rule: name }),
  reply: ruleEntry.extend({
    /** As it is once all files were read; null where only a host knows it. */
    definition: z
      .strictObject({
        condition: text,
        output: text,
        kernel: kernelView,
        supported: z.enum(["full", "partial", "none"]),
        reasons: z.array(text),
      })
      .nullable(),
    onHosts: z.array(
      z.strictObject({
        host: name,
        enabled: z.boolean(),
        enforceability,
        reasons: z.array(text),
      }),
    ),
    complete: z.boolean(),
  }),
} as const satisfies Endpoint;
