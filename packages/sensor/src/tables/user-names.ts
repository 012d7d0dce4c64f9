import { readFile } from "node:fs/promises";
import { RecentMap } from "@pratique/core";
import { type AccountNames, noAccounts, parseAccounts } from "./account-names.ts";
import { readBelowRoot } from "./root-files.ts";

export interface UserNamesOptions {
  /** Reads a file of the root of a process, safely. */
  readonly readBelow?: (pid: number, steps: readonly string[]) => Promise<string | undefined>;
  /** The host's own files. */
  readonly readHost?: (file: string) => Promise<string>;
}

const MAX_CONTAINERS = 4096;
/** How many containers' files are read at one time. */
const MAX_READS = 2;
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

  /** Reads the host's files. Without them numbers have no names. */
  async loadHost(): Promise<void> {
    const [passwd, group] = await Promise.all(
      ["/etc/passwd", "/etc/group"].map((file) => this.#readHost(file).catch(() => "")),
    );
    this.#host = parseAccounts(passwd ?? "", group ?? "");
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

  /** Begins to read the names of a container through one of its processes, where that was not done yet. */
  want(containerId: string, imageId: string | undefined, pid: number): void {
    if (this.#asked.has(containerId) || this.#waiting.length >= MAX_WAITING) return;
    this.#asked.set(containerId, true);
    this.#waiting.push(() => this.#read(containerId, imageId, pid));
    void this.#work();
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
    if (passwd === undefined && group === undefined) {
      // The process was gone already: the next one is asked.
      this.#asked.delete(containerId);
      return;
    }
    const names = parseAccounts(passwd ?? "", group ?? "");
    this.#containers.set(containerId, names);
    if (imageId !== undefined) this.#images.set(imageId, names);
  }
}
