import type { RouteClass } from "./doors/docker-authz/routes.ts";
import type { EngineTarget } from "./doors/docker-authz/target.ts";
import { type Fields, textIn } from "./json-fields.ts";
import type { EngineView, ViewedImage } from "./ports.ts";

/**
 * How long an image reference is believed to stand for the same image, where no call may have changed it: the engine
 * itself moves one only for services. A start asks by id.
 */
const IMAGE_MAX_AGE_MS = 60_000;
const MAX_IMAGES = 256;
/** How long after its creation a container may be started without another question. */
const CONTAINER_MAX_AGE_MS = 3000;
const MAX_CONTAINERS = 64;
/** A call whose end is not told, since another plugin refused it, counts as under way for so long. */
const CALL_MAX_AGE_MS = 60_000;
const MAX_CALLS = 1024;
/** A call that an older gate let pass may still be under way when a new one opens. */
const SETTLE_MS = 2000;

const FULL_ID = /^[0-9a-f]{64}$/u;

/** Calls that leave every reference to an image as it was; whatever is not here may change one. */
const KEEPS_IMAGES: ReadonlySet<RouteClass> = new Set<RouteClass>([
  "read",
  "archive-get",
  "checkpoint-list",
  "create",
  "start",
  "exec-create",
  "exec-start",
  "attach",
  "update",
  "rename",
  "stop",
  "login",
  "network-create",
  "network-change",
  "volume-create",
  "volume-change",
]);

/** Calls after which the name of a container, or a part of an id, may stand for another one. */
const MOVES_NAMES: ReadonlySet<RouteClass> = new Set<RouteClass>(["rename", "stop", "prune"]);

/** Calls that leave what a container was made with as it was; whatever is not here may change one. */
const KEEPS_CONTAINERS: ReadonlySet<RouteClass> = new Set<RouteClass>([
  "read",
  "archive-get",
  "checkpoint-list",
  "create",
  "start",
  "exec-create",
  "exec-start",
  "attach",
  "stop",
  "login",
  "image-in",
  "image-change",
  "build",
  "session",
  "commit",
]);

interface KeptContainer {
  /** Undefined where the engine could not be asked. */
  readonly answer: Promise<Fields | undefined>;
  readonly since: number;
  readonly epoch: number;
}

export interface EngineMemoryOptions {
  readonly view: EngineView;
  /** Milliseconds on a clock that never goes back. */
  readonly elapsedMs: () => number;
}

/**
 * What the engine said a moment ago, so that a launch does not wait for it to say so again.
 *
 * The image behind a reference is remembered for creates, whose answer is early advice. A container is asked about
 * when the engine says that it has made it, and that answer serves one start: by full id only, which no name and
 * no prefix can stand for, and only when no call was seen since, or is under way, that may change a container.
 * In every other case the engine is asked anew.
 */
export class EngineMemory {
  readonly #view: EngineView;
  readonly #elapsedMs: () => number;
  readonly #images = new Map<string, { readonly image: ViewedImage; readonly since: number }>();
  readonly #containers = new Map<string, KeptContainer>();
  /** Calls that may change a container; by method and target, since the engine gives them no number. */
  #underWay: readonly { readonly call: string; readonly since: number }[] = [];
  /** What was asked before this moment is not used. */
  #settledAt: number;
  #imageEpoch = 0;
  #nameEpoch = 0;
  #containerEpoch = 0;

  constructor({ view, elapsedMs }: EngineMemoryOptions) {
    this.#view = view;
    this.#elapsedMs = elapsedMs;
    this.#settledAt = elapsedMs() + SETTLE_MS;
  }

  /** A number that changes with each call that may have a name stand for another container. */
  get nameEpoch(): number {
    return this.#nameEpoch;
  }

  /** The image that a reference stands for. Rejects where the engine cannot be asked. */
  async image(reference: string): Promise<ViewedImage | undefined> {
    const since = this.#elapsedMs();
    const known = this.#images.get(reference);
    if (known !== undefined && since - known.since < IMAGE_MAX_AGE_MS) return known.image;
    const epoch = this.#imageEpoch;
    const image = await this.#view.inspectImage(reference);
    this.#images.delete(reference);
    if (image !== undefined && epoch === this.#imageEpoch) {
      makeRoom(this.#images, MAX_IMAGES);
      this.#images.set(reference, { image, since });
    }
    return image;
  }

  /** The container that is to be started. Rejects where the engine cannot be asked. */
  async container(nameOrId: string): Promise<Fields | undefined> {
    const kept = this.#containers.get(nameOrId);
    this.#containers.delete(nameOrId);
    if (kept !== undefined && this.#holds(kept)) {
      const answer = await kept.answer;
      if (answer !== undefined && textIn(answer, "Id") === nameOrId && this.#holds(kept)) return answer;
    }
    return this.#view.inspectContainer(nameOrId);
  }

  /** Takes note of a call before it is let in; undefined stands for one that cannot be read. */
  callComes(call: string, target: EngineTarget | undefined): void {
    if (!this.#forget(target)) return;
    const since = this.#elapsedMs();
    this.#underWay = this.#underWay.filter((other) => since - other.since < CALL_MAX_AGE_MS);
    if (this.#underWay.length < MAX_CALLS) this.#underWay = [...this.#underWay, { call, since }];
    else this.#settledAt = since + CALL_MAX_AGE_MS;
  }

  /** Takes note of a call that the engine has carried out, or refused. */
  callEnds(call: string, target: EngineTarget | undefined): void {
    if (!this.#forget(target)) return;
    const ended = this.#underWay.findIndex((other) => other.call === call);
    if (ended >= 0) this.#underWay = this.#underWay.toSpliced(ended, 1);
  }

  /** Asks about a container that the engine has just made; nobody waits for the answer yet. */
  containerMade(id: string): void {
    if (!FULL_ID.test(id)) return;
    const since = this.#elapsedMs();
    for (const [key, kept] of this.#containers) if (!this.#holds(kept)) this.#containers.delete(key);
    makeRoom(this.#containers, MAX_CONTAINERS);
    // Whoever starts it asks again, and then hears what was wrong.
    const answer = this.#view.inspectNewContainer(id).catch(() => undefined);
    this.#containers.set(id, { answer, since, epoch: this.#containerEpoch });
  }

  /** What the engine said of a container that it has just made; undefined once somebody starts it. */
  async newContainer(id: string): Promise<Fields | undefined> {
    const kept = this.#containers.get(id);
    const answer = await kept?.answer;
    return this.#containers.get(id) === kept ? answer : undefined;
  }

  /** Forgets what a call may change; true where that is any container. */
  #forget(target: EngineTarget | undefined): boolean {
    if (target === undefined || !KEEPS_IMAGES.has(target.route.routeClass)) {
      this.#images.clear();
      this.#imageEpoch += 1;
    }
    if (target === undefined || MOVES_NAMES.has(target.route.routeClass)) this.#nameEpoch += 1;
    if (target?.route.routeClass === "stop") this.#containers.delete(target.subject);
    const changesAny = target === undefined || !KEEPS_CONTAINERS.has(target.route.routeClass);
    // A start or an end by another name than the id may be that of any container.
    if (changesAny || runsOther(target)) this.#forgetContainers();
    return changesAny;
  }

  #forgetContainers(): void {
    this.#containers.clear();
    this.#containerEpoch += 1;
  }

  #holds({ since, epoch }: KeptContainer): boolean {
    const now = this.#elapsedMs();
    if (epoch !== this.#containerEpoch || now - since >= CONTAINER_MAX_AGE_MS) return false;
    return since >= this.#settledAt && this.#underWay.every((call) => now - call.since >= CALL_MAX_AGE_MS);
  }
}

function runsOther({ route, subject }: EngineTarget): boolean {
  return (route.routeClass === "start" || route.routeClass === "stop") && !FULL_ID.test(subject);
}

/** The oldest goes. */
function makeRoom(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
}
