import path from "node:path";
import { Engine } from "@pratique/engine";
import type { HttpClient } from "@pratique/http";
import {
  type CredentialStore,
  dockerConfigCredentials,
  dockerSource,
  type ImageSource,
  type RegistryCredentials,
  registrySource,
} from "@pratique/oci";
import type { Context } from "./context.ts";
import { makeHttpClient } from "./http-client.ts";

/** How engines and registries are to be reached. */
export interface RemoteFlags {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly registryToken?: string | undefined;
  readonly insecureRegistry?: readonly string[] | undefined;
}

/** The engine and the registries, with the connections to them. */
export class RemoteSources implements AsyncDisposable {
  readonly sources: readonly ImageSource[];
  readonly #engine: Engine;
  readonly #http: HttpClient;

  constructor(context: Context, flags: RemoteFlags) {
    const { engine } = context.settings;
    this.#engine = new Engine(engine === undefined ? {} : { address: engine });
    this.#http = makeHttpClient(context);
    const registry = registrySource({
      http: this.#http,
      credentials: credentialsOf(context, flags),
      insecureRegistries: flags.insecureRegistry ?? [],
    });
    this.sources = [dockerSource({ engine: this.#engine }), registry];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    await this.#http[Symbol.asyncDispose]();
  }
}

/** Those that were given hold for the one registry that the command asks; else Docker's own configuration does. */
function credentialsOf({ environment, homeDirectory }: Context, flags: RemoteFlags): CredentialStore {
  const given = givenCredentials(flags);
  if (given !== undefined) return { lookUp: async () => given };
  const directory = environment.DOCKER_CONFIG || path.join(homeDirectory, ".docker");
  return dockerConfigCredentials({ directory, environment });
}

function givenCredentials({
  username,
  password,
  registryToken,
}: RemoteFlags): RegistryCredentials | undefined {
  if (registryToken !== undefined) return { kind: "bearer-token", token: registryToken };
  if (username === undefined || password === undefined) return undefined;
  return { kind: "password", username, password };
}
