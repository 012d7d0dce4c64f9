import path from "node:path";
import type { AdvisoryDatabase } from "@pratique/advisory";
import { openDatabase } from "@pratique/advisory";
import { type ImageTarget, type Platform, parsePlatform, type ScanReport } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { HttpClient } from "@pratique/http";
import { catalogerRevision } from "@pratique/inventory";
import {
  type CredentialStore,
  dockerConfigCredentials,
  type ImageSource,
  imageSources,
  type RegistryCredentials,
} from "@pratique/oci";
import { FileInventoryCache, scanImage } from "@pratique/scan";
import type { Context } from "./context.ts";
import { adviseOnImage } from "./image-advice.ts";
import { Progress } from "./progress.ts";

/** How images are to be reached. */
export interface ScannerFlags {
  readonly platform?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly registryToken?: string | undefined;
  readonly insecureRegistry?: readonly string[] | undefined;
  /** False: the image is read again even where its inventory is known. */
  readonly cache?: boolean | undefined;
  /**
   * False: plain layers of local files are read without holding them against the image id. True or absent: the
   * report may be remembered, and judged, by image id.
   */
  readonly verifyLayers?: boolean | undefined;
}

/** Everything that a scan needs, opened together and given back together. */
export class Scanner implements AsyncDisposable {
  readonly advisories: AdvisoryDatabase;
  readonly #context: Context;
  readonly #engine: Engine;
  readonly #http: HttpClient;
  readonly #sources: readonly ImageSource[];
  readonly #cache: FileInventoryCache | undefined;
  readonly #platform: Platform | undefined;
  readonly #verifyLayers: boolean;

  constructor(context: Context, flags: ScannerFlags) {
    const { settings, now } = context;
    const { layout } = settings;
    this.#context = context;
    this.#platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform);
    this.#verifyLayers = flags.verifyLayers !== false;
    this.advisories = openDatabase(layout.advisories, { clock: now, staleAfterMs: settings.staleAfterMs });
    this.#engine = new Engine(settings.engine === undefined ? {} : { address: settings.engine });
    this.#http = makeHttpClient(context);
    this.#sources = imageSources({
      docker: { engine: this.#engine },
      registry: {
        http: this.#http,
        credentials: credentialsOf(context, flags),
        insecureRegistries: flags.insecureRegistry ?? [],
      },
    });
    this.#cache =
      flags.cache === false ? undefined : new FileInventoryCache(layout.inventoryCache, catalogerRevision());
  }

  /** Rejects with advice that fits the place where the image was looked for. */
  async scan(target: ImageTarget): Promise<ScanReport> {
    const { console, now, elapsedMs, signal } = this.#context;
    using progress = new Progress(console, elapsedMs);
    try {
      return await scanImage(
        target,
        { sources: this.#sources, advisories: this.advisories, cache: this.#cache, now },
        {
          platform: this.#platform,
          signal,
          verifyPlainLayers: this.#verifyLayers,
          onProgress: ({ readBytes, totalBytes }) => progress.show("reading", readBytes, totalBytes),
        },
      );
    } catch (thrown) {
      throw adviseOnImage(thrown, target);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.advisories[Symbol.dispose]();
    await this.#engine[Symbol.asyncDispose]();
    await this.#http[Symbol.asyncDispose]();
  }
}

export function makeHttpClient({ now, version }: Context): HttpClient {
  return new HttpClient({
    now: () => now().getTime(),
    random: Math.random,
    userAgent: `pratique/${version}`,
  });
}

/** Those that were given hold for the one registry that the command asks; else Docker's own configuration does. */
function credentialsOf({ environment, homeDirectory }: Context, flags: ScannerFlags): CredentialStore {
  const given = givenCredentials(flags);
  if (given !== undefined) return { lookUp: async () => given };
  const directory = environment.DOCKER_CONFIG || path.join(homeDirectory, ".docker");
  return dockerConfigCredentials({ directory, environment });
}

function givenCredentials({
  username,
  password,
  registryToken,
}: ScannerFlags): RegistryCredentials | undefined {
  if (registryToken !== undefined) return { kind: "bearer-token", token: registryToken };
  if (username === undefined || password === undefined) return undefined;
  return { kind: "password", username, password };
}
