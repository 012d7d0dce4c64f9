import { licenseCategories, messageOf, priorities } from "@pratique/core";
import { type EngineAction, engineActions } from "@pratique/gate";
import { parse } from "yaml";
import { z } from "zod";
import { CliError } from "../errors.ts";
import { scannerNames } from "./parse-scanners.ts";

const engineAction = z.custom<EngineAction>((name) => engineActions.some((action) => action === name));

/** Names the actions there are where one is unknown. */
const namingActions = {
  error: ({ code }: { readonly code?: string }) =>
    code === "invalid_key" ? `unknown action, expected one of ${engineActions.join(", ")}` : undefined,
};

const feed = z.string().regex(/^[a-z][a-z-]*:.+$/su, "expected FEED:PATH_OR_URL");

const licenseName = z.string().regex(/^\S(?:.{0,198}\S)?$/u, "expected the name of a license");

const witness = z.string().regex(/^https?:\/\/[^#\s]+#[^#\s]+$/u, "expected URL#KEY");

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: "expected an address or a network",
});

/** `pratique.yaml`: what may be set there. Every member may be set by a variable and by a flag as well. */
const configFile = z.strictObject({
  data: z.string().min(1).optional(),
  run: z.string().min(1).optional(),
  engine: z.string().min(1).optional(),
  listen: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/u, "expected ADDRESS:PORT")
    .optional(),
  listenAgents: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/u, "expected ADDRESS:PORT")
    .optional(),
  trustedProxies: z.array(network).min(1).max(64).optional(),
  publicUrl: z.url({ protocol: /^https$/u }).optional(),
  names: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/u, "expected a name or an address"))
    .min(1)
    .max(64)
    .optional(),
  tls: z.strictObject({ certificateFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
  database: z
    .strictObject({ url: z.string().min(1).optional(), urlFile: z.string().min(1).optional() })
    .optional(),
  bus: z
    .strictObject({
      nats: z
        .strictObject({
          servers: z.array(z.string().min(1)).min(1).max(64),
          tls: z
            .strictObject({
              caFile: z.string().min(1).optional(),
              certificateFile: z.string().min(1).optional(),
              keyFile: z.string().min(1).optional(),
            })
            .optional(),
          credentialsFile: z.string().min(1).optional(),
          stream: z
            .string()
            .regex(/^[a-z0-9-]{1,64}$/u, "expected a short lower-case name")
            .optional(),
          replicas: z.int().min(1).max(5).optional(),
          maxBytes: z.int().positive().optional(),
        })
        .optional(),
    })
    .optional(),
  encryption: z
    .strictObject({
      provider: z.enum(["file", "passphrase", "command"]).optional(),
      file: z.string().min(1).optional(),
      credential: z
        .string()
        .regex(/^[\w.-]{1,255}$/u, "expected the name of a credential")
        .optional(),
      keyId: z.string().min(1).optional(),
      wrap: z.array(z.string()).min(1).optional(),
      unwrap: z.array(z.string()).min(1).optional(),
      former: z
        .strictObject({
          provider: z.enum(["file", "passphrase", "command"]).optional(),
          file: z.string().min(1).optional(),
          credential: z
            .string()
            .regex(/^[\w.-]{1,255}$/u, "expected the name of a credential")
            .optional(),
          keyId: z.string().min(1).optional(),
          wrap: z.array(z.string()).min(1).optional(),
          unwrap: z.array(z.string()).min(1).optional(),
        })
        .optional(),
    })
    .optional(),
  outbound: z
    .strictObject({
      allow: z.array(z.string().min(1)).min(1).max(1000).optional(),
      certificates: z.string().min(1).optional(),
    })
    .optional(),
  audit: z
    .strictObject({
      keyFile: z.string().min(1).optional(),
      witnesses: z.array(witness).max(16).optional(),
    })
    .optional(),
  telemetry: z.strictObject({ otlpEndpoint: z.url({ protocol: /^https?$/u }).optional() }).optional(),
  host: z
    .strictObject({ name: z.string().min(1).optional(), labels: z.record(z.string(), z.string()).optional() })
    .optional(),
  runtime: z
    .strictObject({
      mode: z.enum(["auto", "off"]).optional(),
      builtInRules: z.boolean().optional(),
      hardened: z.boolean().optional(),
      learning: z.enum(["on", "off"]).optional(),
      prevent: z.enum(["all", "engine", "off"]).optional(),
      channel: z.enum(["report", "cut", "off"]).optional(),
      capture: z
        .strictObject({
          seconds: z.number().positive().max(3600).optional(),
          packets: z.boolean().optional(),
          snapLength: z.number().int().min(64).max(1536).optional(),
          packetsPerContainer: z.number().int().positive().max(1_000_000).optional(),
          save: z.enum([...priorities, "rules", "off"]).optional(),
          saveAfterSeconds: z.number().min(0).max(60).optional(),
          keep: z.number().int().positive().max(10_000).optional(),
          keepMegabytes: z.number().int().min(16).max(1_000_000).optional(),
        })
        .optional(),
      past: z.enum(["on", "off"]).optional(),
      pastDays: z.number().positive().max(3650).optional(),
      pastMiB: z.number().min(1).max(1_048_576).optional(),
      survive: z.boolean().optional(),
    })
    .optional(),
  scanners: z
    .array(z.enum(scannerNames))
    .max(scannerNames.length)
    .refine((names) => names.includes("vuln"), "vuln cannot be left out: every report speaks of it")
    .optional(),
  licenses: z
    .strictObject({
      categories: z.partialRecord(z.enum(licenseCategories), z.array(licenseName).max(1000)).optional(),
      ignored: z.array(licenseName).max(1000).optional(),
    })
    .optional(),
  gate: z
    .strictObject({
      mode: z.enum(["enforce", "observe"]).optional(),
      scanBudgetSeconds: z.number().positive().max(600).optional(),
      whenDead: z.enum(["closed", "open"]).optional(),
      whenUnproved: z.enum(["refuse", "pass"]).optional(),
      plugin: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,40}$/u, "expected a short lower-case name")
        .optional(),
      actions: z.partialRecord(engineAction, z.enum(["allow", "deny"]), namingActions).optional(),
    })
    .optional(),
  agents: z
    .strictObject({
      name: z.string().min(1).max(255).optional(),
      certificateHours: z.number().positive().max(8760).optional(),
      whenCloned: z.enum(["hear", "refuse"]).optional(),
    })
    .optional(),
  registries: z
    .strictObject({
      workers: z.int().min(0).max(64).optional(),
      scanMemoryMiB: z.int().min(256).max(65_536).optional(),
      sharedLayersMiB: z.int().min(0).max(1_048_576).optional(),
    })
    .optional(),
  record: z
    .strictObject({
      spoolLimitMiB: z.number().positive().optional(),
      whenFull: z.enum(["refuse", "pass"]).optional(),
    })
    .optional(),
  advisories: z
    .strictObject({
      staleAfterDays: z.number().positive().optional(),
      mirrors: z.array(z.string().min(1)).min(1).max(16).optional(),
      keyFile: z.string().min(1).optional(),
      ecosystems: z.array(z.string().min(1)).min(1).max(256).optional(),
    })
    .optional(),
  intel: z
    .strictObject({
      feeds: z.array(feed).max(256).optional(),
      credentialsFile: z.string().min(1).optional(),
      warningLists: z.array(z.string().min(1)).max(64).optional(),
      ignoreWarningLists: z.array(z.string().min(1)).max(1000).optional(),
      allow: z.array(z.string().min(1)).max(100_000).optional(),
      expireDays: z
        .strictObject({
          address: z.number().min(2).max(36_500).optional(),
          network: z.number().min(2).max(36_500).optional(),
          domain: z.number().min(2).max(36_500).optional(),
          url: z.number().min(2).max(36_500).optional(),
          hash: z.number().min(2).max(36_500).optional(),
        })
        .optional(),
      blockFromConfidence: z.int().min(0).max(100).optional(),
      staleAfterDays: z.number().positive().optional(),
    })
    .optional(),
});

export type ConfigFile = z.output<typeof configFile>;

/** Reads the text of `pratique.yaml`. Throws `CONFIG_INVALID`. */
export function parseConfig(file: string, text: string): ConfigFile {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    throw new CliError("CONFIG_INVALID", `${file}: ${messageOf(cause).split("\n")[0] ?? ""}`, { cause });
  }
  return checkConfig(file, document);
}

/** Names everything that is wrong at once. */
export function checkConfig(place: string, document: unknown): ConfigFile {
  const parsed = configFile.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the document"}: ${issue.message}`,
  );
  throw new CliError("CONFIG_INVALID", `${place}: ${problems.join("; ")}`);
}
