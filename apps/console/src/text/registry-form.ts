import { type BodyOf, putRegistry, type Registry } from "@pratique/api";
import { soughtLists } from "@pratique/core";
import { draftOfSettings, type SettingField, type SettingsDraft, settingsOf } from "./settings-forms.ts";

type Kind = Registry["kind"];
type Secret = "username" | "password" | "token";

interface RegistryKind {
  readonly text: string;
  /** The one host that it has. */
  readonly host?: string;
  /** It tells only what lies in a namespace. */
  readonly needsPath?: true;
}

const kinds: Readonly<Record<Kind, RegistryKind>> = {
  distribution: { text: "Docker's own, and most others" },
  "docker-hub": { text: "Docker Hub", host: "docker.io", needsPath: true },
  ghcr: { text: "GitHub", host: "ghcr.io", needsPath: true },
  gitlab: { text: "GitLab", needsPath: true },
  harbor: { text: "Harbor" },
  quay: { text: "Quay", needsPath: true },
  ecr: { text: "Amazon ECR" },
  acr: { text: "Azure" },
  google: { text: "Google", needsPath: true },
};

/** The kinds of registries, by what they are called. */
export const kindOptions = putRegistry.body.shape.kind.options
  .map((value) => ({ value, text: kinds[value].text }))
  .sort((left, right) => left.text.localeCompare(right.text, "en"));

const ways = ["none", "password", "token", "docker"] as const;
type Credentials = (typeof ways)[number];

interface CredentialForm {
  readonly text: string;
  readonly fields: readonly (SettingField & { readonly name: Secret })[];
}

/** The ways to sign in at a registry. */
export const credentialForms: Readonly<Record<Credentials, CredentialForm>> = {
  none: { text: "None: what everybody may read", fields: [] },
  password: {
    text: "User name and password",
    fields: [
      { name: "username", label: "User name", kind: "text", isRequired: true },
      { name: "password", label: "Password", kind: "text", isRequired: true, isSecret: true },
    ],
  },
  token: {
    text: "Token",
    fields: [{ name: "token", label: "Token", kind: "text", isRequired: true, isSecret: true }],
  },
  docker: { text: "Docker's own credentials, where images are read", fields: [] },
};

export const credentialOptions = ways.map((value) => ({ value, text: credentialForms[value].text }));

/** The field of what a registry proves itself with when it tells of pushes. */
export const pushFields: readonly SettingField[] = [
  {
    name: "pushSecret",
    label: "Secret of pushes",
    kind: "text",
    isRequired: true,
    isSecret: true,
    help: "16 characters or more. Letters and digits alone are safe wherever it has to be put.",
  },
];

/** Where a registry is. */
export function placeFields(kind: Kind): readonly SettingField[] {
  const { host, needsPath } = kinds[kind];
  return [
    {
      name: "address",
      label: "Address",
      kind: "text",
      isRequired: true,
      help: host === undefined ? "HOST or HOST:PORT." : `HOST or HOST:PORT; mostly ${host}.`,
    },
    {
      name: "path",
      label: "Namespace or repository",
      kind: "text",
      ...(needsPath === undefined
        ? { help: "Empty for all of the registry." }
        : { isRequired: true as const, help: "This kind of registry lists nothing without one." }),
    },
    {
      name: "apiUrl",
      label: "Address of its own API",
      kind: "text",
      help: "Where that is not where it usually is.",
    },
    { name: "insecure", label: "Reach it without TLS, on a network that you trust", kind: "switch" },
  ];
}

/** Which of its images are meant. */
export const imageFields: readonly SettingField[] = [
  {
    name: "include",
    label: "Repositories",
    kind: "list",
    help: "Patterns, divided by commas; * stands for any characters. Empty for all.",
  },
  { name: "exclude", label: "Repositories to leave out", kind: "list" },
  { name: "tags", label: "Tags", kind: "list", help: "Patterns as well. Empty for all." },
  { name: "excludeTags", label: "Tags to leave out", kind: "list" },
  {
    name: "newestTags",
    label: "Newest tags of each repository",
    kind: "number",
    help: "So many. Empty for all.",
  },
  {
    name: "platforms",
    label: "Platforms",
    kind: "list",
    help: "As linux/arm64. Empty for the one of whoever reads the images.",
  },
  { name: "maxImages", label: "Images at most", kind: "number", help: "20,000 unless told otherwise." },
  {
    name: "lookFor",
    label: "Look for besides vulnerabilities",
    kind: "list",
    options: [
      { value: "", text: "Nothing but what policies look at" },
      { value: "secrets", text: "Secrets" },
      { value: "licenses", text: "Licenses" },
      { value: "secrets, licenses", text: "Secrets and licenses" },
    ],
  },
];

/** How often it is listed, and how much of it is read at once. */
export const timeFields: readonly SettingField[] = [
  {
    name: "everyMinutes",
    label: "Listed every, in minutes",
    kind: "number",
    help: "1440, a day, unless told otherwise; 0 for only when it is told to.",
  },
  {
    name: "concurrency",
    label: "Images that are read at once",
    kind: "number",
    help: "By all servers and workers together; 4 unless told otherwise.",
  },
];

/** What was typed and chosen of a registry. */
export interface RegistryDraft {
  readonly name: string;
  readonly kind: Kind;
  readonly credentials: Credentials;
  /** It tells of pushes. */
  readonly hears: boolean;
  /** By the name of the member, secrets too. */
  readonly settings: SettingsDraft;
}

/** What is set up, as it would be typed; secrets are never read. Without a registry, what a new one begins with. */
export function draftOfRegistry(registry: Registry | undefined): RegistryDraft {
  if (registry === undefined) {
    return { name: "", kind: "distribution", credentials: "none", hears: false, settings: {} };
  }
  const { name, kind, secrets, address, path, apiUrl, insecure } = registry;
  const { include, exclude, tags, excludeTags, newestTags, platforms, maxImages } = registry;
  const { lookFor, everyMinutes, concurrency } = registry;
  const settings = draftOfSettings(openFields(kind), {
    address,
    path,
    apiUrl,
    insecure,
    include,
    exclude,
    tags,
    excludeTags,
    newestTags,
    platforms,
    maxImages,
    // In the order of the options.
    lookFor: soughtLists.filter((list) => lookFor.includes(list)),
    everyMinutes,
    concurrency,
  });
  const credentials = credentialsOf(registry);
  return { name, kind, credentials, hears: secrets.includes("pushSecret"), settings };
}

/**
 * What is to be set up. A secret that is empty stays as it is, and one that is not wanted any more is removed: the
 * contract says the one by leaving it out and the other by an empty text.
 */
export function bodyOfRegistry(draft: RegistryDraft, registry: Registry | undefined): RegistryBody {
  const { name, kind, credentials, hears, settings } = draft;
  const wanted = [
    ...credentialForms[credentials].fields.map((field) => field.name),
    ...(hears && kind !== "google" ? ["pushSecret"] : []),
  ];
  const typed = wanted.map((secret) => [secret, settings[secret] ?? ""]).filter(([, text]) => text !== "");
  const dropped = (registry?.secrets ?? []).filter((secret) => !wanted.includes(secret));
  return {
    kind,
    name: name.trim(),
    ...settingsOf(openFields(kind), settings),
    dockerCredentials: credentials === "docker",
    ...Object.fromEntries([...typed, ...dropped.map((secret) => [secret, ""])]),
  };
}

/** What the contract checks, as far as it is always there. */
type RegistryBody = Pick<BodyOf<typeof putRegistry>, "kind" | "name" | "dockerCredentials">;

/** All fields that have to be filled in for a draft to be whole. */
export function fieldsOf(draft: RegistryDraft): readonly SettingField[] {
  const { kind, credentials, hears } = draft;
  return [
    ...openFields(kind),
    ...credentialForms[credentials].fields,
    ...(hears && kind !== "google" ? pushFields : []),
  ];
}

/**
 * The secrets that stay as they are where nothing is typed. At another place, none is sent that was given for this
 * one: the server asks for them again.
 */
export function keptSecrets(draft: RegistryDraft, registry: Registry | undefined): readonly string[] {
  if (registry === undefined) return [];
  return isElsewhere(draft, registry)
    ? registry.secrets.filter((secret) => secret === "pushSecret")
    : registry.secrets;
}

function openFields(kind: Kind): readonly SettingField[] {
  return [...placeFields(kind), ...imageFields, ...timeFields];
}

function credentialsOf({ secrets, dockerCredentials }: Registry): Credentials {
  if (secrets.includes("token")) return "token";
  if (secrets.includes("username") || secrets.includes("password")) return "password";
  return dockerCredentials ? "docker" : "none";
}

function isElsewhere({ kind, settings }: RegistryDraft, registry: Registry): boolean {
  const { address = "", apiUrl = "", insecure = "" } = settings;
  return (
    kind !== registry.kind ||
    address.trim() !== registry.address ||
    apiUrl.trim() !== (registry.apiUrl ?? "") ||
    (insecure === "true") !== registry.insecure
  );
}
