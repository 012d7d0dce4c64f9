import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { count, identifier, instant, name, text } from "./scalars.ts";

/** Settings of one channel. Which members there are depends on its kind; secrets are written and never read. */
export const channelSettings = z.record(
  z.string().max(64),
  z.union([z.string().max(8192), z.number(), z.boolean(), z.array(z.string().max(512)).max(100)]),
);

const channelKind = z.enum(["email", "slack", "teams", "webhook", "syslog"]);

const channel = z.strictObject({
  id: identifier,
  kind: channelKind,
  name,
  enabled: z.boolean(),
  /** Without its secrets. */
  settings: channelSettings,
  /** The names of the secret members that are set. */
  secrets: z.array(name),
  revision: name,
  lastDeliveryAt: instant.nullable(),
  lastError: text.nullable(),
  waiting: count,
  /** Messages that are not tried again; the oldest are forgotten where there are very many. */
  givenUp: count,
  /** When the last of them was given up, and why. */
  lastGivenUpAt: instant.nullable(),
  lastGivenUpError: text.nullable(),
});

export type Channel = z.output<typeof channel>;

export const listChannels = {
  id: "listChannels",
  method: "GET",
  path: "/api/v1/channels",
  on: "installation",
  summary: "Lists where notifications can go",
  permission: "settings.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(channel) }),
  csv: [
    "id",
    "kind",
    "name",
    "enabled",
    "lastDeliveryAt",
    "lastError",
    "waiting",
    "givenUp",
    "lastGivenUpAt",
    "lastGivenUpError",
  ],
} as const satisfies Endpoint;

/** A secret member that is left out stays as it is. */
export const putChannel = {
  id: "putChannel",
  method: "PUT",
  path: "/api/v1/channels/{channel}",
  on: "installation",
  summary: "Makes or changes a channel; secrets that are left out stay as they are",
  permission: "settings.write",
  audit: "settings",
  recorded: ["kind", "name", "enabled"],
  conditional: "optional",
  params: z.strictObject({ channel: identifier }),
  body: z.strictObject({
    kind: channelKind,
    name: z.string().min(1).max(128),
    enabled: z.boolean(),
    settings: channelSettings,
  }),
  reply: channel,
} as const satisfies Endpoint;

export const deleteChannel = {
  id: "deleteChannel",
  method: "DELETE",
  path: "/api/v1/channels/{channel}",
  on: "installation",
  summary: "Removes a channel",
  permission: "settings.write",
  audit: "settings",
  params: z.strictObject({ channel: identifier }),
} as const satisfies Endpoint;

/** Sends a real message, and tells what came of it. */
export const testChannel = {
  id: "testChannel",
  method: "POST",
  path: "/api/v1/channels/{channel}/test",
  on: "installation",
  summary: "Sends a real message through a channel and tells what the other side answered",
  permission: "settings.write",
  audit: "settings",
  params: z.strictObject({ channel: identifier }),
  reply: z.strictObject({
    delivered: z.boolean(),
    /** What was connected to, and what it answered. */
    steps: z.array(z.strictObject({ step: name, ok: z.boolean(), detail: text })),
  }),
} as const satisfies Endpoint;

/** Which notifications go where. Routes are tried in order. */
const route = z.strictObject({
  name: z.string().min(1).max(128),
  kinds: z.array(name).max(50),
  severity: z.enum(["critical", "high", "medium", "low", "info"]),
  /** Labels of the host or the image: for each key, patterns of values. */
  labels: z.record(z.string().max(128), z.array(z.string().max(512)).max(50)),
  channels: z.array(identifier).max(20),
  /** Goes on to the next route after this one. */
  goOn: z.boolean(),
  /** How long similar ones are collected, and how soon the next message about them may follow. */
  groupSeconds: z.int().min(0).max(86_400),
  repeatSeconds: z.int().min(60).max(2_592_000),
});

const routing = z.strictObject({ routes: z.array(route).max(200), revision: name });

export type Routing = z.output<typeof routing>;

export const showRouting = {
  id: "showRouting",
  method: "GET",
  path: "/api/v1/routing",
  on: "installation",
  summary: "Shows which notifications go where",
  permission: "settings.read",
  audit: "none",
  reply: routing,
} as const satisfies Endpoint;

export const putRouting = {
  id: "putRouting",
  method: "PUT",
  path: "/api/v1/routing",
  on: "installation",
  summary: "Changes which notifications go where",
  permission: "settings.write",
  audit: "settings",
  recorded: ["routes"],
  conditional: true,
  body: z.strictObject({ routes: z.array(route).max(200) }),
  reply: routing,
} as const satisfies Endpoint;

/** A system that gets every entry of the audit log. */
const exporter = z.strictObject({
  id: identifier,
  kind: z.enum(["syslog", "webhook", "file"]),
  name,
  enabled: z.boolean(),
  format: z.enum(["ocsf", "cef", "json"]),
  settings: channelSettings,
  secrets: z.array(name),
  revision: name,
  lagEntries: count,
  lagSeconds: z.number().nonnegative(),
  lastError: text.nullable(),
});

export type Exporter = z.output<typeof exporter>;

export const listExporters = {
  id: "listExporters",
  method: "GET",
  path: "/api/v1/exporters",
  on: "installation",
  summary: "Lists the systems that get the audit log, and how far each lags behind",
  permission: "settings.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(exporter) }),
  csv: ["id", "kind", "name", "enabled", "format", "lagEntries", "lagSeconds", "lastError"],
} as const satisfies Endpoint;

export const putExporter = {
  id: "putExporter",
  method: "PUT",
  path: "/api/v1/exporters/{exporter}",
  on: "installation",
  summary: "Makes or changes an export of the audit log",
  permission: "settings.write",
  audit: "settings",
  recorded: ["kind", "name", "enabled", "format"],
  conditional: "optional",
  params: z.strictObject({ exporter: identifier }),
  body: z.strictObject({
    kind: z.enum(["syslog", "webhook", "file"]),
    name: z.string().min(1).max(128),
    enabled: z.boolean(),
    format: z.enum(["ocsf", "cef", "json"]),
    settings: channelSettings,
  }),
  reply: exporter,
} as const satisfies Endpoint;

export const deleteExporter = {
  id: "deleteExporter",
  method: "DELETE",
  path: "/api/v1/exporters/{exporter}",
  on: "installation",
  summary: "Ends an export of the audit log",
  permission: "settings.write",
  audit: "settings",
  params: z.strictObject({ exporter: identifier }),
} as const satisfies Endpoint;

/** An OpenID Connect provider that people sign in with. */
const provider = z.strictObject({
  id: identifier,
  name,
  issuer: z.url().max(2048),
  clientId: name,
  secretIsSet: z.boolean(),
  /** The claim that names the groups of a person; roles are given to groups. */
  groupsClaim: name,
  /** Only these may sign in; empty lets in everybody whom the provider vouches for. */
  allowedGroups: z.array(name),
  enabled: z.boolean(),
  revision: name,
});

export type IdentityProvider = z.output<typeof provider>;

export const listProviders = {
  id: "listProviders",
  method: "GET",
  path: "/api/v1/identity-providers",
  on: "installation",
  summary: "Lists the providers that people sign in with",
  permission: "settings.read",
  audit: "none",
  reply: z.strictObject({ items: z.array(provider) }),
  csv: ["id", "name", "issuer", "clientId", "groupsClaim", "allowedGroups", "enabled"],
} as const satisfies Endpoint;

export const putProvider = {
  id: "putProvider",
  method: "PUT",
  path: "/api/v1/identity-providers/{provider}",
  on: "installation",
  summary: "Makes or changes an OpenID Connect provider; a secret that is left out stays as it is",
  permission: "settings.write",
  audit: "settings",
  recorded: ["name", "issuer", "clientId", "groupsClaim", "allowedGroups", "enabled"],
  conditional: "optional",
  params: z.strictObject({ provider: identifier }),
  body: z.strictObject({
    name: z.string().min(1).max(128),
    issuer: z.url().max(2048),
    clientId: z.string().min(1).max(512),
    clientSecret: z.string().min(1).max(4096).exactOptional(),
    groupsClaim: z.string().max(128).default("groups"),
    allowedGroups: z.array(name).max(200).default([]),
    enabled: z.boolean().default(true),
  }),
  reply: provider,
} as const satisfies Endpoint;

export const deleteProvider = {
  id: "deleteProvider",
  method: "DELETE",
  path: "/api/v1/identity-providers/{provider}",
  on: "installation",
  summary: "Removes an OpenID Connect provider",
  permission: "settings.write",
  audit: "settings",
  params: z.strictObject({ provider: identifier }),
} as const satisfies Endpoint;

/** How long each class of data is kept, in days. */
const retention = z.strictObject({
  launchDays: z.int().min(1).max(3660),
  /** The record proves what was decided: not less than a year. */
  recordDays: z.int().min(365).max(3660),
  findingDays: z.int().min(30).max(3660),
  containerDays: z.int().min(1).max(366),
  reportDays: z.int().min(7).max(3660),
  /** Nothing is removed while this holds. */
  legalHold: z.boolean(),
});

export type Retention = z.output<typeof retention>;

const storedRetention = retention.extend({ revision: name });

export type StoredRetention = z.output<typeof storedRetention>;

export const showRetention = {
  id: "showRetention",
  method: "GET",
  path: "/api/v1/retention",
  on: "installation",
  summary: "Shows how long each class of data is kept",
  permission: "settings.read",
  audit: "none",
  reply: storedRetention,
} as const satisfies Endpoint;

export const putRetention = {
  id: "putRetention",
  method: "PUT",
  path: "/api/v1/retention",
  on: "installation",
  summary: "Changes how long each class of data is kept",
  permission: "settings.write",
  audit: "settings",
  recorded: ["launchDays", "recordDays", "findingDays", "containerDays", "reportDays", "legalHold"],
  conditional: true,
  body: retention,
  reply: storedRetention,
} as const satisfies Endpoint;
