import { putRegistry, type Registry } from "@pratique/api";
import { expect, it } from "vitest";
import {
  bodyOfRegistry,
  credentialForms,
  draftOfRegistry,
  fieldsOf,
  imageFields,
  keptSecrets,
  type RegistryDraft,
} from "./registry-form.ts";
import { missingSettings } from "./settings-forms.ts";

const settings = {
  kind: "harbor" as const,
  name: "Main",
  address: "harbor.example",
  path: "shop",
  include: ["shop/*", "base/*"],
  exclude: ["*/old"],
  tags: ["v*"],
  excludeTags: ["*-rc*"],
  newestTags: 5,
  platforms: ["linux/arm64"],
  apiUrl: "https://harbor.example/api",
  insecure: true,
  dockerCredentials: false,
  maxImages: 100,
  lookFor: ["secrets" as const],
  everyMinutes: 0,
  concurrency: 2,
};

const registry: Registry = {
  ...settings,
  id: "main",
  secrets: ["password", "pushSecret", "username"],
  revision: "r1",
  state: "idle",
  images: { waiting: 0, running: 0, scanned: 0, failed: 0, absent: 0 },
  listedAt: null,
  nextListAt: null,
  heldOffUntil: null,
  error: null,
  pushPath: "/hooks/registry/main",
};

const change = (more: Partial<RegistryDraft>, typed: RegistryDraft["settings"] = {}): RegistryDraft => {
  const draft = draftOfRegistry(registry);
  return { ...draft, ...more, settings: { ...draft.settings, ...typed } };
};

it("writes what it reads, and leaves secrets out", () => {
  expect(bodyOfRegistry(draftOfRegistry(registry), registry)).toEqual(settings);
});

it("shows what is looked for as one of the choices, in whatever order it was set up", () => {
  const draft = draftOfRegistry({ ...registry, lookFor: ["licenses", "secrets"] });
  const [field] = imageFields.filter(({ name }) => name === "lookFor");
  expect(field?.options?.map(({ value }) => value)).toContain(draft.settings.lookFor);
  expect(bodyOfRegistry(draft, registry)).toMatchObject({ lookFor: ["secrets", "licenses"] });
});

it("leaves to the server what nothing is typed of", () => {
  const draft = { ...draftOfRegistry(undefined), name: " New ", settings: { address: "registry.example" } };
  const body = bodyOfRegistry(draft, undefined);
  expect(body).toEqual({
    kind: "distribution",
    name: "New",
    address: "registry.example",
    dockerCredentials: false,
  });
  expect(putRegistry.body.parse(body)).toMatchObject({ everyMinutes: 1440, newestTags: null, include: [] });
});

it.each<[what: string, draft: RegistryDraft, secrets: object]>([
  ["changes one secret and keeps the others", change({}, { password: " new " }), { password: " new " }],
  [
    "removes what another way to sign in does not need",
    change({ credentials: "token" }, { token: "t" }),
    {
      token: "t",
      username: "",
      password: "",
    },
  ],
  [
    "removes all of them",
    change({ credentials: "docker", hears: false }),
    {
      username: "",
      password: "",
      pushSecret: "",
      dockerCredentials: true,
    },
  ],
  [
    "removes the secret of pushes that nobody hears",
    change({ kind: "google" }),
    {
      kind: "google",
      pushSecret: "",
    },
  ],
  [
    "sends none that was typed and is not wanted",
    change({ hears: false }, { token: "t", pushSecret: "x" }),
    {
      pushSecret: "",
    },
  ],
])("%s", (_, draft, secrets) => {
  expect(bodyOfRegistry(draft, registry)).toEqual({ ...settings, ...secrets });
});

it.each<[what: string, draft: RegistryDraft, missing: readonly string[]]>([
  ["nothing of what is set up", change({}), []],
  ["the address", change({}, { address: " " }), ["Address", "User name", "Password"]],
  ["the secrets at another address", change({}, { address: "evil.example" }), ["User name", "Password"]],
  ["the secrets of another API", change({}, { apiUrl: "https://evil.example" }), ["User name", "Password"]],
  ["the secrets without TLS any more or less", change({}, { insecure: "" }), ["User name", "Password"]],
  [
    "a namespace where there has to be one",
    change({ kind: "quay" }, { path: "", username: "u", password: "p" }),
    ["Namespace or repository"],
  ],
  ["a token that was not there before", change({ credentials: "token" }), ["Token"]],
])("misses %s", (_, draft, missing) => {
  expect(missingSettings(fieldsOf(draft), draft.settings, keptSecrets(draft, registry))).toEqual(missing);
});

it("has a field for every member of the contract", () => {
  const members = new Set(Object.keys(putRegistry.body.shape));
  const fields = [...fieldsOf(change({})), ...Object.values(credentialForms).flatMap((form) => form.fields)];
  const names = fields.map(({ name }) => name);
  expect([...new Set([...names, "kind", "name", "dockerCredentials"])].sort()).toEqual([...members].sort());
});
