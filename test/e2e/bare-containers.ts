import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Where containerd keeps the bundles of Kubernetes' containers, and how it calls their control groups. */
const BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
const GROUPS = "k8s.io";
const CONTROLLERS = "/sys/fs/cgroup";

/** What is changed of the description that runc writes for whoever begins with it. */
interface RuntimeSpec {
  readonly process: object;
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] };
}

/**
 * Containers that runc starts by itself, with what containerd writes for it: an engine takes most of the time of a start,
 * and of a second much more can be started without one.
 */
export class BareContainers implements Disposable {
  readonly #directory: string;
  readonly #image: string;
  readonly #spec: RuntimeSpec;
  readonly #ids: string[] = [];

  private constructor(directory: string, image: string, spec: RuntimeSpec) {
    this.#directory = directory;
    this.#image = image;
    this.#spec = spec;
  }

  static async prepare(directory: string, image: string): Promise<BareContainers> {
    const programs = path.join(directory, "root/bin");
    for (const place of [programs, path.join(directory, "root/proc"), path.join(directory, "root/dev")])
      mkdirSync(place, { recursive: true });
    copyFileSync("/bin/busybox", path.join(programs, "busybox"));
    for (const name of ["sh", "id"]) symlinkSync("busybox", path.join(programs, name));
    await run("runc", ["spec", "--bundle", directory]);
    const spec = JSON.parse(readFileSync(path.join(directory, "config.json"), "utf8"));
    return new BareContainers(directory, image, spec);
  }

  /** Gives the id that a container of this name will have; it is known by both from now on. */
  describe(name: string, script: string): string {
    const id = randomBytes(32).toString("hex");
    this.#ids.push(id);
    const bundle = path.join(BUNDLES, id);
    mkdirSync(bundle, { recursive: true });
    const { process, linux } = this.#spec;
    const config = {
      ...this.#spec,
      process: { ...process, terminal: false, args: ["/bin/sh", "-c", script] },
      root: { path: path.join(this.#directory, "root"), readonly: true },
      mounts: [
        { destination: "/proc", type: "proc", source: "proc" },
        // What runc makes there must not be in the root that all of them have.
        { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      ],
      annotations: {
        "io.kubernetes.cri.container-name": name,
        "io.kubernetes.cri.image-name": this.#image,
      },
      linux: {
        ...linux,
        cgroupsPath: `/${GROUPS}/${id}`,
        namespaces: linux.namespaces.filter(({ type }) => type !== "network"),
      },
    };
    writeFileSync(path.join(bundle, "config.json"), JSON.stringify(config));
    return id;
  }

  /** Runs it to its end. */
  async run(id: string): Promise<void> {
    const state = path.join(this.#directory, "state");
    await run("runc", ["--root", state, "run", "--bundle", path.join(BUNDLES, id), id]);
  }

  [Symbol.dispose](): void {
    for (const id of this.#ids) rmSync(path.join(BUNDLES, id), { recursive: true, force: true });
    const groups = ["", ...readdirSync(CONTROLLERS)].map((each) => path.join(CONTROLLERS, each, GROUPS));
    for (const place of [BUNDLES, ...groups]) {
      try {
        rmdirSync(place);
      } catch {
        // There is none, or others have containers there.
      }
    }
  }
}
