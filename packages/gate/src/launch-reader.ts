import type { Digest, ImageConfig, Launch } from "@pratique/core";
import { isDigest } from "@pratique/core";
import type { ImageFacts } from "@pratique/policy";
import { readGoJson } from "./doors/docker-authz/go-json.ts";
import { launchFromCreate } from "./doors/docker-authz/launch-from-create.ts";
import {
  type ExecWords,
  execFromCreate,
  execFromInspect,
  execLaunch,
} from "./doors/docker-authz/launch-from-exec.ts";
import { launchFromInspect, mountsOf } from "./doors/docker-authz/launch-from-inspect.ts";
import { launchFromService } from "./doors/docker-authz/launch-from-service.ts";
import type { ReadRequest } from "./doors/docker-authz/request.ts";
import { parameter } from "./doors/docker-authz/target.ts";
import type { EngineMemory } from "./engine-memory.ts";
import { GateError } from "./errors.ts";
import { type Fields, fieldsOf, isFields, objectIn, textIn } from "./json-fields.ts";
import { isPlatformOf } from "./launch/image-platform.ts";
import type { LaunchContext } from "./launch/launch-context.ts";
import type { ViewedImage } from "./ports.ts";

/** A launch with the image that it is of. */
export interface ReadLaunch {
  readonly launch: Launch;
  readonly imageId: Digest | undefined;
  readonly facts: ImageFacts | undefined;
  /** The engine does not have the image: it will refuse the call by itself, unless it gets the image meanwhile. */
  readonly isImageAbsent?: boolean;
  /** What the engine says of the container, where there is one already. */
  readonly container?: Fields;
  /** Of a container that is to be changed: what it is before. */
  readonly before?: Launch;
}

/** Gives what is known of an image, having it scanned where nothing is. */
export type FactsSource = (imageId: Digest) => Promise<ImageFacts | undefined>;

export interface LaunchReaderOptions {
  readonly context: LaunchContext;
  readonly facts: FactsSource;
  readonly memory: EngineMemory;
}

/** Reads launches out of calls, asking the engine for what a call only names. */
export class LaunchReader {
  readonly #context: LaunchContext;
  readonly #facts: FactsSource;
  readonly #memory: EngineMemory;

  constructor({ context, facts, memory }: LaunchReaderOptions) {
    this.#context = context;
    this.#facts = facts;
    this.#memory = memory;
  }

  /**
   * The call as the engine carries it out: for a service that is rolled back it takes the description that it had before in
   * place of the one that is shown. Throws as {@link read} does.
   */
  async carriedOut(request: ReadRequest): Promise<ReadRequest> {
    const { route, subject } = request.target;
    if (route.routeClass !== "service" || parameter(request.target, "rollback") !== "previous")
      return request;
    const service = await this.#context.view.inspectService(subject);
    if (service === undefined) throw unknown("service", subject);
    // One that was never changed has none, and the engine says so by itself.
    if (!isFields(service.PreviousSpec)) return request;
    const previous = Buffer.from(JSON.stringify(service.PreviousSpec));
    return { ...request, body: readGoJson(previous, route.shape, { strict: false }) };
  }

  /**
   * The launch that a call comes to; undefined where the call is no launch.
   *
   * @throws GateError `LAUNCH_UNREADABLE`, or `SUBJECT_UNKNOWN` where the engine does not know the container or command.
   */
  async read(request: ReadRequest, caller: string): Promise<ReadLaunch | undefined> {
    switch (request.target.route.routeClass) {
      case "create":
        return this.#create(request, caller);
      case "service":
        return this.#service(request, caller);
      case "start":
        return this.#start(request.target.subject, caller);
      case "update":
        return this.#update(request.target.subject, fieldsOf(request.body), caller);
      case "archive-get":
      case "archive-put":
        return this.#copy(request.target.subject, caller);
      case "exec-create":
        return this.#exec(request.target.subject, execFromCreate(fieldsOf(request.body)), caller);
      case "exec-start":
        return this.#execStart(request.target.subject, caller);
      default:
        return undefined;
    }
  }

  /**
   * A scan is waited for longer than it takes to give the container's name to another one, which the engine would then
   * start in its place.
   */
  async #start(nameOrId: string, caller: string): Promise<ReadLaunch> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const epoch = this.#memory.nameEpoch;
      const container = await this.#memory.container(nameOrId);
      const launched = await this.existing(container, nameOrId, caller);
      const { containerId } = launched.launch;
      if (containerId === nameOrId || epoch === this.#memory.nameEpoch) return launched;
      const named = await this.#context.view.inspectContainer(nameOrId);
      if (textIn(fieldsOf(named), "Id") === containerId) return launched;
    }
    const shown = JSON.stringify(nameOrId.slice(0, MAX_NAME_SHOWN));
    throw new GateError(
      "NO_VERDICT",
      `names were given to other containers while ${shown} was judged; use its id`,
    );
  }

  /** The container as it would be started from then on, as if it were for the first time. */
  async #update(nameOrId: string, body: Fields, caller: string): Promise<ReadLaunch> {
    const container = await this.#context.view.inspectContainer(nameOrId);
    const { launch: before, ...image } = await this.existing(container, nameOrId, caller);
    const updated = await this.existing(updatedContainer(fieldsOf(container), body), nameOrId, caller);
    const launch = { ...updated.launch, ranBefore: false };
    return { ...image, launch, before: { ...before, ranBefore: false } };
  }

  /**
   * Files that are copied from or to a container: the engine mounts all that the container has, as root, whether or not
   * it was ever started. Undefined where no mount leads to the host.
   */
  async #copy(nameOrId: string, caller: string): Promise<ReadLaunch | undefined> {
    const container = await this.#context.view.inspectContainer(nameOrId);
    if (container !== undefined) {
      const mounts = await mountsOf(container, this.#context);
      if (!mounts.some(({ kind, device }) => kind === "bind" || device !== "")) return undefined;
    }
    return this.#start(nameOrId, caller);
  }

  /** The start of a container, by what the engine says of it. Throws as {@link read} does. */
  async existing(container: Fields | undefined, nameOrId: string, caller: string): Promise<ReadLaunch> {
    if (container === undefined) throw unknown("container", nameOrId);
    if (!isFields(container.HostConfig) || !isFields(container.Config)) {
      // Read as if nothing had been asked for, it would pass.
      throw new GateError("ENGINE_UNREADABLE", "the engine shows a container without its configuration");
    }
    const id = textIn(container, "Image");
    const imageId = isDigest(id) ? id : undefined;
    const facts = imageId === undefined ? undefined : await this.#facts(imageId);
    const words = { container, caller, rootAccounts: rootAccountsOf(facts) };
    return { launch: await launchFromInspect(words, this.#context), imageId, facts, container };
  }

  async #create(request: ReadRequest, caller: string): Promise<ReadLaunch> {
    const body = fieldsOf(request.body);
    const reference = textIn(body, "Image");
    const image = await this.#image(reference);
    // Without a name the engine makes a container of nothing, which can still mount everything.
    const isImageAbsent = image === undefined && reference !== "";
    await this.#checkPlatform(image, parameter(request.target, "platform"));
    const facts = image === undefined ? undefined : await this.#facts(image.id);
    const name = parameter(request.target, "name");
    const words = { body, name, caller, imageConfig: image?.config, rootAccounts: rootAccountsOf(facts) };
    return { launch: await launchFromCreate(words, this.#context), imageId: image?.id, facts, isImageAbsent };
  }

  /** What is known of an image is known of the platform that the engine shows. */
  async #checkPlatform(image: ViewedImage | undefined, asked: string): Promise<void> {
    if (image === undefined || asked === "" || isPlatformOf(image, asked)) return;
    // Another store has one platform of an image: the engine says itself that it does not have the other.
    if (!(await this.#context.view.containerdImageStore())) return;
    const { os, architecture } = image.config;
    const shown = JSON.stringify(asked.slice(0, MAX_NAME_SHOWN));
    throw new GateError(
      "LAUNCH_UNREADABLE",
      `expected the platform of the image that is scanned, "${os}/${architecture}", found ${shown}; ` +
        "an image that has the other one alone can be started",
    );
  }

  /** A node may have an image that this host has not; without it there is nothing to judge by but the launch. */
  async #service(request: ReadRequest, caller: string): Promise<ReadLaunch> {
    const body = fieldsOf(request.body);
    const reference = textIn(objectIn(objectIn(body, "TaskTemplate"), "ContainerSpec"), "Image");
    const image = await this.#image(reference);
    const facts = image === undefined ? undefined : await this.#facts(image.id);
    const imageConfig: ImageConfig | undefined = image?.config;
    const words = { body, caller, imageConfig, rootAccounts: rootAccountsOf(facts) };
    return { launch: await launchFromService(words, this.#context), imageId: image?.id, facts };
  }

  async #exec(nameOrId: string, exec: ExecWords, caller: string): Promise<ReadLaunch> {
    const { launch, imageId, facts } = await this.existing(
      await this.#context.view.inspectContainer(nameOrId),
      nameOrId,
      caller,
    );
    return { launch: execLaunch(launch, exec, rootAccountsOf(facts)), imageId, facts };
  }

  async #execStart(id: string, caller: string): Promise<ReadLaunch> {
    const exec: Fields | undefined = await this.#context.view.inspectExec(id);
    if (exec === undefined) throw unknown("exec instance", id);
    return this.#exec(textIn(exec, "ContainerID"), execFromInspect(exec), caller);
  }

  async #image(reference: string): Promise<ViewedImage | undefined> {
    return reference === "" ? undefined : this.#memory.image(reference);
  }
}

/** As the engine does it: what is zero or empty is left as it was, but for the limit of processes, where it lifts it. */
function updatedContainer(container: Fields, body: Fields): Fields {
  const said = Object.entries(body).filter(
    ([name, value]) => value !== null && (name === "PidsLimit" || (value !== 0 && value !== "")),
  );
  const { RestartPolicy, ...resources } = Object.fromEntries(said);
  const restarts = textIn(fieldsOf(RestartPolicy), "Name") === "" ? {} : { RestartPolicy };
  return { ...container, HostConfig: { ...objectIn(container, "HostConfig"), ...resources, ...restarts } };
}

function rootAccountsOf(facts: ImageFacts | undefined): readonly string[] {
  return facts?.rootAccounts ?? [];
}

/** In the engine's own words, which scripts look for. */
function unknown(what: string, name: string): GateError {
  return new GateError("SUBJECT_UNKNOWN", `No such ${what}: ${name.slice(0, MAX_NAME_SHOWN)}`);
}

const MAX_NAME_SHOWN = 200;
/** Nobody gives names to other containers again and again but to slip one in. */
const MAX_TRIES = 4;
