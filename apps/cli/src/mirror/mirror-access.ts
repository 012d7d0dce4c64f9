import { DirectoryMirror, HttpMirror, type Mirror, type WritableMirror } from "@pratique/advisory";
import type { HttpClient } from "@pratique/http";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import type { RegistryFlags } from "../images/registry-access.ts";

/** Opens mirrors by how their users write them: a URL, `oci:` and a repository, or a directory. */
export class MirrorAccess {
  readonly #context: Context;
  readonly #http: HttpClient;
  readonly #flags: RegistryFlags;

  constructor(context: Context, http: HttpClient, flags: RegistryFlags) {
    this.#context = context;
    this.#http = http;
    this.#flags = flags;
  }

  /** Rejects with `USAGE` where the text can be no mirror. */
  async open(location: string): Promise<Mirror> {
    if (/^https?:\/\//iu.test(location)) return new HttpMirror(location, this.#http);
    return this.#openWritable(location, false);
  }

  /** Rejects with `USAGE` where the text can be nothing that is written to. */
  async openForWriting(location: string): Promise<WritableMirror> {
    return this.#openWritable(location, true);
  }

  async #openWritable(location: string, writes: boolean): Promise<WritableMirror> {
    if (location.startsWith("oci:") && !location.startsWith("oci://")) {
      // Loaded when it is asked for: most mirrors are no registries.
      const { RegistryMirror } = await import("./registry-mirror.ts");
      const { registryOptionsOf } = await import("../images/registry-access.ts");
      return new RegistryMirror(location, {
        ...registryOptionsOf(this.#context, this.#http, this.#flags),
        writes,
      });
    }
    if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(location)) {
      throw new CliError(
        "USAGE",
        `expected a directory or oci:REPOSITORY, found ${JSON.stringify(location)}`,
      );
    }
    return new DirectoryMirror(location.replace(/^dir:/u, ""));
  }
}
