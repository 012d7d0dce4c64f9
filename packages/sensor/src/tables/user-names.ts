import { readFile } from "node:fs/promises";
import { RecentMap } from "@pratique/core";
import { type AccountFiles, type AccountNames, noAccounts, parseAccounts } from "./account-names.ts";
import { type FileBelowRoot, readBelowRoot } from "./root-files.ts";

export interface UserNamesOptions {
  /** Reads a file of the root of a process, safely. */
  readonly readBelow?: (pid: number, steps: readonly string[]) => Promise<FileBelowRoot>;
  /** The host's own files. */
  readonly readHost?: (file: string) => Promise<string>;
}

const MAX_CONTAINERS = 4096;
/** How many containers' files are read at one time. */
const MAX_READS = 2;
/** A file that takes longer is read all the same, and nobody waits for it. */
const READ_DEADLINE_MS = 500;
/** How many containers wait for that at most; the others try again at their next process. */
const MAX_WAITING = 256;

/**
 * The names of users and groups, of the host and of each container. A container's are read once, when a process of it
 * has executed its first program: only then is its root in place. One of an image that was seen before has that
 * image's until then, so that the shortest-lived has names too.
 */
export class UserNames {
  readonly #readBelow: NonNullable<UserNamesOptions["readBelow"]>;
  readonly #readHost: NonNullable<UserNamesOptions["readHost"]>;
  readonly #containers = new RecentMap<string, AccountNames>(MAX_CONTAINERS);
  readonly #images = new RecentMap<string, AccountNames>(MAX_CONTAINERS);
  readonly #asked = new RecentMap<string, true>(MAX_CONTAINERS);
  readonly #waiting: (() => Promise<void>)[] = [];
  #reads = 0;
  #host: AccountNames = noAccounts;

  constructor({ readBelow, readHost }: UserNamesOptions = {}) {
    this.#readBelow = readBelow ?? ((pid, steps) => readBelowRoot(pid, steps));
    this.#readHost = readHost ?? ((file) => readFile(file, "utf8"));
  }

  /** Knows no names: for what happened at another time, or on another host. */
  static ofNobody(): UserNames {
    return new UserNames({ readBelow: async () => ({ kind: "absent" }), readHost: async () => "" });
  }

  /** Reads the host's files. Without them numbers have no names. */
  async loadHost(): Promise<void> {
    const [passwd, group] = await Promise.all(
      ["/etc/passwd", "/etc/group"].map((file) => this.#readHost(file).catch(() => "")),
    );
    this.#host = parseAccounts({ passwd, group });
  }

  get host(): AccountNames {
    return this.#host;
  }

  /** The names in a container; of its image where they were not read yet. */
  of(containerId: string, imageId: string | undefined): AccountNames {
    return (
      this.#containers.get(containerId) ??
      (imageId === undefined ? undefined : this.#images.get(imageId)) ??
      noAccounts
    );
  }

  /**
   * Begins to read the names of a container through one of its processes, where that was not done yet. Gives what to
   * wait for, which never rejects; undefined where nothing is to be waited for.
   */
  want(containerId: string, imageId: string | undefined, pid: number): Promise<void> | undefined {
    if (this.#asked.has(containerId) || this.#waiting.length >= MAX_WAITING) return undefined;
    this.#asked.set(containerId, true);
    const done = Promise.withResolvers<void>();
    const timer = setTimeout(done.resolve, READ_DEADLINE_MS);
    this.#waiting.push(async () => {
      await this.#read(containerId, imageId, pid);
      clearTimeout(timer);
      done.resolve();
    });
    void this.#work();
    // Those of its image are as good for the moment.
    return imageId !== undefined && this.#images.has(imageId) ? undefined : done.promise;
  }

  knowsImage(imageId: string): boolean {
    return this.#images.has(imageId);
  }

  /** Takes the names of an image, for containers of it that have not been looked into. */
  learnImage(imageId: string, files: AccountFiles): void {
    this.#images.set(imageId, parseAccounts(files));
  }

  async #work(): Promise<void> {
    if (this.#reads >= MAX_READS) return;
    this.#reads += 1;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await next();
    this.#reads -= 1;
  }

  async #read(containerId: string, imageId: string | undefined, pid: number): Promise<void> {
    const [passwd, group] = await Promise.all([
      this.#readBelow(pid, ["etc", "passwd"]),
      this.#readBelow(pid, ["etc", "group"]),
    ]);
    const kinds = [passwd.kind, group.kind];
    if (kinds.includes("unreachable") && !kinds.includes("read")) {
      // The process was gone already: the next one is asked.
      this.#asked.delete(containerId);
      return;
    }
    const names = parseAccounts({ passwd: textOf(passwd), group: textOf(group) });
    this.#containers.set(containerId, names);
    if (imageId !== undefined) this.#images.set(imageId, names);
  }
}

function textOf(file: FileBelowRoot): string | undefined {
  return file.kind === "read" ? file.text : undefined;
}
