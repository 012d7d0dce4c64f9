import { DirectoryMirror, HttpMirror, type Mirror, type WritableMirror } from "@pratique/advisory";
import type { HttpClient } from "@pratique/http";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

/** Opens mirrors by how their users write them: a URL, or a directory. */
export class MirrorAccess implements AsyncDisposable {
  readonly #http: HttpClient;

  constructor(_context: Context, http: HttpClient) {
    this.#http = http;
  }

  /** Throws `USAGE` where the text can be no mirror. */
  open(location: string): Mirror {
    if (/^https?:\/\//iu.test(location)) return new HttpMirror(location, this.#http);
    return this.openForWriting(location);
  }

  openForWriting(location: string): WritableMirror {
    if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(location)) {
      throw new CliError("USAGE", `expected a directory, found ${JSON.stringify(location)}`);
    }
    return new DirectoryMirror(location.replace(/^dir:/u, ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
