import { isDigest, type SoughtList } from "@pratique/core";
import { z } from "zod";

/** How a registry is reached. */
export interface RegistryAccess {
  /** `host[:port]`. */
  readonly registry: string;
  readonly kind: string;
  readonly apiUrl: string | null;
  /** May be reached without TLS. */
  readonly insecure: boolean;
  /** Where no credentials are given: those of the Docker configuration of whoever does the task. */
  readonly dockerCredentials: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

/** What the process that reads what strangers wrote is asked for: one thing after the other. */
export type RegistryTask =
  | {
      readonly id: number;
      readonly kind: "list";
      readonly access: RegistryAccess;
      readonly path: string;
      readonly include: readonly string[];
      readonly exclude: readonly string[];
      readonly tags: readonly string[];
      readonly excludeTags: readonly string[];
      readonly newestTags: number | null;
      readonly platforms: readonly string[];
      readonly maxImages: number;
    }
  /** What was listed has been noted: go on. */
  | { readonly id: number; readonly kind: "go-on" }
  | {
      readonly id: number;
      readonly kind: "scan";
      readonly access: RegistryAccess;
      /** With the registry's host. */
      readonly repository: string;
      readonly tag: string;
      /** Empty for this machine's. */
      readonly platform: string;
      /** What is looked for besides vulnerabilities. */
      readonly sought: readonly SoughtList[];
      /** In Base64: what paths of layers are hashed with where what is read of them is shared; null where it is not. */
      readonly layerSecret: string | null;
    }
  /** What is kept of a layer is there by now, or to be made. */
  | { readonly id: number; readonly kind: "layer"; readonly name: string };

const MAX_MESSAGE_CHARS = 4096;
const id = z.int();
const bounded = z.string().max(MAX_MESSAGE_CHARS);
const fault = z.strictObject({ code: bounded, message: bounded, advice: bounded });
const layerName = z.string().regex(/^[0-9a-f]{64}$/u);
const listed = z.strictObject({ repository: bounded, tag: bounded, platform: bounded });

/** Whether, and when, it is worth while to try again what has failed; `waitMs` where the registry says so. */
const retry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("never") }),
  z.strictObject({ kind: z.literal("soon") }),
  z.strictObject({ kind: z.literal("after"), waitMs: z.number().nonnegative() }),
]);

/**
 * What that process answers. It has read what strangers wrote, and may be theirs by now: what it says is checked as
 * what comes from outside is.
 */
export const registryAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ id, kind: z.literal("listed"), images: z.array(listed).max(1000) }),
  /** `fault`: why the list is not whole. */
  z.strictObject({ id, kind: z.literal("list-ended"), fault: fault.optional() }),
  /** Asks for what is kept of a layer: it is brought, or may be made. `diffId`: of the uncompressed layer. */
  z.strictObject({
    id,
    kind: z.literal("hold-layer"),
    diffId: z.string().refine(isDigest),
    name: layerName,
  }),
  /** It is not being made any more. `made`: it lies in the directory of the cache. */
  z.strictObject({ id, kind: z.literal("free-layer"), name: layerName, made: z.boolean() }),
  /** `report`: a report as JSON. */
  z.strictObject({ id, kind: z.literal("scanned"), report: z.string() }),
  /** `absent`: the registry has no such thing. `unreached`: it could not be asked. */
  z.strictObject({
    id,
    kind: z.literal("failed"),
    fault,
    retry,
    absent: z.boolean(),
    unreached: z.boolean(),
  }),
]);

export type RegistryAnswer = z.output<typeof registryAnswer>;
