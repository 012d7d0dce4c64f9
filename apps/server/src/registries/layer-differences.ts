import type { TreeEvent } from "@pratique/audit";
import type { Store } from "@pratique/store";
import { z } from "zod";
import type { ServerJob } from "../server-jobs.ts";
import { LAYERS_DIFFER_JOB } from "./layer-sharing.ts";

export interface LayerDifferencesOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Writes into the server's own log. */
  readonly record: (event: TreeEvent) => Promise<unknown>;
}

const KNOWN = "layers.differ";
/** People have seen it by then, or do not look at all. */
const SHOWN_MS = 7 * 86_400_000;

const payload = z.object({ diffId: z.string(), maker: z.string(), checker: z.string() });
const known = z.object({ at: z.iso.datetime(), hosts: z.array(z.string()) });

/** Tells people that two hosts have read a layer differently: workers, which find that out, can tell nobody but servers. */
export class LayerDifferences {
  readonly #options: LayerDifferencesOptions;

  constructor(options: LayerDifferencesOptions) {
    this.#options = options;
  }

  /** For who does the jobs of the server. */
  get jobs(): readonly ServerJob[] {
    const failed = "a layer that was read differently cannot be told of";
    return [
      { name: LAYERS_DIFFER_JOB, failed, handler: async (job) => await this.#tell(payload.parse(job)) },
    ];
  }

  async #tell({ diffId, maker, checker }: z.output<typeof payload>): Promise<void> {
    const { store, now, record } = this.#options;
    await record({
      class: "scan",
      action: "layers.differ",
      actor: { id: "server", kind: "system", method: "none" },
      stage: "fact",
      data: { layer: diffId, maker, checker },
    });
    const at = new Date(now()).toISOString();
    await store.settings.documents.remember(KNOWN, { at, hosts: [maker, checker] });
  }
}

/** The two hosts that have read a layer differently in the last days; undefined where none have. */
export async function recentDifference(
  { settings }: Pick<Store, "settings">,
  nowMs: number,
): Promise<z.output<typeof known> | undefined> {
  const last = known.safeParse((await settings.documents.find(KNOWN))?.value).data;
  return last !== undefined && nowMs - Date.parse(last.at) < SHOWN_MS ? last : undefined;
}
