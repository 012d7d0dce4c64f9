import type { Channel, Exporter } from "@pratique/api";

/** One member of the settings of a channel, an export or a registry. */
export interface SettingField {
  readonly name: string;
  readonly label: string;
  /** A list with options is one of them; their values are as it would be typed. */
  readonly kind: "text" | "number" | "list" | "choice" | "switch" | "long";
  readonly isRequired?: true;
  /** Written, and never read back. */
  readonly isSecret?: true;
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  readonly help?: string;
}

/** What was typed: a switch is `true` or empty. */
export type SettingsDraft = Readonly<Record<string, string>>;
export type Settings = Channel["settings"];

const tlsClient: readonly SettingField[] = [
  {
    name: "clientCertificate",
    label: "Client certificate",
    kind: "long",
    help: "PEM, where the receiver asks for one.",
  },
  {
    name: "clientKey",
    label: "Client key",
    kind: "long",
    isSecret: true,
    help: "PEM; it belongs to the certificate.",
  },
];

/** The settings of each kind of channel, in the order of the form. */
export const channelForms: Readonly<Record<Channel["kind"], readonly SettingField[]>> = {
  email: [
    { name: "host", label: "Mail server", kind: "text", isRequired: true },
    { name: "port", label: "Port", kind: "number", help: "587 unless told otherwise." },
    {
      name: "security",
      label: "Encryption",
      kind: "choice",
      options: [
        { value: "starttls", text: "STARTTLS, before anything else is said" },
        { value: "tls", text: "TLS from the first byte" },
        { value: "none", text: "None: in the clear" },
      ],
    },
    { name: "username", label: "User name", kind: "text" },
    { name: "password", label: "Password", kind: "text", isSecret: true },
    { name: "from", label: "Sender", kind: "text", isRequired: true },
    { name: "to", label: "Recipients", kind: "list", isRequired: true, help: "Divided by commas." },
  ],
  slack: [{ name: "url", label: "Address of the web hook", kind: "text", isRequired: true, isSecret: true }],
  teams: [{ name: "url", label: "Address of the workflow", kind: "text", isRequired: true, isSecret: true }],
  webhook: [
    { name: "url", label: "Address", kind: "text", isRequired: true, isSecret: true },
    {
      name: "secret",
      label: "Shared secret",
      kind: "text",
      isRequired: true,
      isSecret: true,
      help: "Each message is signed with it.",
    },
    {
      name: "allowPlainHttp",
      label: "Allow http, on a network that you trust",
      kind: "switch",
    },
  ],
  syslog: [
    { name: "host", label: "Receiver", kind: "text", isRequired: true },
    { name: "port", label: "Port", kind: "number", help: "6514 unless told otherwise." },
    {
      name: "transport",
      label: "Transport",
      kind: "choice",
      options: [
        { value: "tls", text: "TLS" },
        { value: "tcp", text: "TCP, in the clear" },
        { value: "udp", text: "UDP, in the clear" },
      ],
    },
    { name: "facility", label: "Facility", kind: "number" },
    ...tlsClient,
  ],
};

/** The settings of each kind of export. */
export const exporterForms: Readonly<Record<Exporter["kind"], readonly SettingField[]>> = {
  syslog: [
    { name: "host", label: "Receiver", kind: "text", isRequired: true },
    { name: "port", label: "Port", kind: "number", help: "6514 unless told otherwise; always TLS." },
    ...tlsClient,
  ],
  webhook: [
    { name: "url", label: "Address", kind: "text", isRequired: true, isSecret: true },
    {
      name: "secret",
      label: "Shared secret",
      kind: "text",
      isRequired: true,
      isSecret: true,
      help: "At least 16 characters; each batch is signed with it.",
    },
  ],
  file: [
    {
      name: "name",
      label: "File name",
      kind: "text",
      isRequired: true,
      help: "In the server's directory for exports.",
    },
  ],
};

/** What is set, as it would be typed. Secrets are never read: their fields stay empty. */
export function draftOfSettings(
  fields: readonly SettingField[],
  settings: Readonly<Record<string, Settings[string] | null>>,
): SettingsDraft {
  return Object.fromEntries(
    fields.map(({ name, isSecret }) => {
      const value = isSecret === true ? undefined : settings[name];
      if (value === undefined || value === null || value === false) return [name, ""];
      return [name, Array.isArray(value) ? value.join(", ") : String(value)];
    }),
  );
}

/** The settings that were typed. What is empty is left out: the server's default, or the secret as it was. */
export function settingsOf(fields: readonly SettingField[], draft: SettingsDraft): Settings {
  const entries = fields.map(({ name, kind }): [string, Settings[string]] | undefined => {
    const typed = (draft[name] ?? "").trim();
    if (typed === "") return undefined;
    if (kind === "number") return [name, Number(typed)];
    if (kind === "switch") return [name, true];
    if (kind === "list")
      return [
        name,
        typed
          .split(/[,\n]/u)
          .map((part) => part.trim())
          .filter((part) => part !== ""),
      ];
    return [name, typed];
  });
  return Object.fromEntries(entries.filter((entry) => entry !== undefined));
}

/** The labels of what has to be there and is not. A secret that is set may stay as it is. */
export function missingSettings(
  fields: readonly SettingField[],
  draft: SettingsDraft,
  setSecrets: readonly string[],
): readonly string[] {
  return fields
    .filter(({ name, isRequired }) => isRequired === true && (draft[name] ?? "").trim() === "")
    .filter(({ name }) => !setSecrets.includes(name))
    .map(({ label }) => label);
}

/** An id made of a name: `Team A, mail`: `team-a-mail`. */
export function idOf(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{Mark}+/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, 64);
}
