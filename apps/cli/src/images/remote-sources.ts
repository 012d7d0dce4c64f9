import { Engine } from "@pratique/engine";
import {
  containerdRoots,
  hostSources,
  type ImageSource,
  lxcPaths,
  podmanSocket,
  podmanStorageRoots,
} from "@pratique/oci";
import type { Context } from "../context.ts";
import type { RegistryAccess, RegistryFlags } from "./registry-access.ts";

/** The engines and runtimes of this host and the registries, with the connections to them. */
export class RemoteSources implements AsyncDisposable {
  readonly sources: readonly ImageSource[];
  readonly #context: Context;
  readonly #flags: RegistryFlags;
  readonly #engine: Engine;
  readonly #podman: Engine;
  #registries: RegistryAccess | undefined;

  constructor(context: Context, flags: RegistryFlags) {
    this.#context = context;
    this.#flags = flags;
    const { engine } = context.settings;
    this.#engine = new Engine(engine === undefined ? {} : { address: engine });
    // Loaded when it is asked: an image of the engine is scanned before a client for registries is there.
    const registry: ImageSource = {
      name: "registry",
      open: async (value, options) => (await this.#openRegistries()).source.open(value, options),
    };
    this.#podman = new Engine({ address: { kind: "unix", socketPath: podmanSocket(context) } });
    const roots = containerdRoots();
    const podmanRoots = podmanStorageRoots(context);
    const host = hostSources({
      docker: { engine: this.#engine, containerdRoots: roots },
      podman: { roots: podmanRoots, engine: this.#podman },
      containerd: { roots },
      container: { engine: this.#engine, podmanRoots, containerdRoots: roots },
      lxc: { paths: lxcPaths(context) },
    });
    this.sources = [...host, registry];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    await this.#podman[Symbol.asyncDispose]();
    await this.#registries?.[Symbol.asyncDispose]();
  }

  async #openRegistries(): Promise<RegistryAccess> {
    const { RegistryAccess } = await import("./registry-access.ts");
    this.#registries ??= new RegistryAccess(this.#context, this.#flags);
    return this.#registries;
  }
}
