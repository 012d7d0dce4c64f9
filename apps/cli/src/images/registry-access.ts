import path from "node:path";
import type { HttpClient } from "@pratique/http";
import {
  type CredentialStore,
  dockerConfigCredentials,
  type ImageSource,
  type RegistryCredentials,
  type RegistrySourceOptions,
  registrySource,
} from "@pratique/oci";
import type { Context } from "../context.ts";
import { makeHttpClient } from "../http-client.ts";

/** How registries are to be reached. */
export interface RegistryFlags {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly registryToken?: string | undefined;
  readonly insecureRegistry?: readonly string[] | undefined;
}

/** The registries, with the connections to them. */
export class RegistryAccess implements AsyncDisposable {
  readonly source: ImageSource;
  readonly #http: HttpClient;

  constructor(context: Context, flags: RegistryFlags) {
    this.#http = makeHttpClient(context);
    this.source = registrySource(registryOptionsOf(context, this.#http, flags));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}

/** How registries are spoken to, by the flags and by Docker's configuration. */
export function registryOptionsOf(
  context: Context,
  http: HttpClient,
  flags: RegistryFlags,
): RegistrySourceOptions {
  return {
    http,
    credentials: credentialsOf(context, flags),
    insecureRegistries: flags.insecureRegistry ?? [],
  };
}

/** Those that were given hold for the one registry that the command asks; else Docker's own configuration does. */
export function credentialsOf(
  { environment, homeDirectory }: Context,
  flags: RegistryFlags,
): CredentialStore {
  const given = givenCredentials(flags);
  if (given !== undefined) return { lookUp: async () => given };
  const directory = environment.DOCKER_CONFIG || path.join(homeDirectory, ".docker");
  return dockerConfigCredentials({ directory, environment });
}

function givenCredentials({
  username,
  password,
  registryToken,
}: RegistryFlags): RegistryCredentials | undefined {
  if (registryToken !== undefined) return { kind: "bearer-token", token: registryToken };
  if (username === undefined || password === undefined) return undefined;
  return { kind: "password", username, password };
}
