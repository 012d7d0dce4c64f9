import { modes } from "@pratique/profile";
import { z } from "zod";

const image = z.string().min(1).max(512);
/** Who asks, as the record names people. */
const by = z.string().min(1).max(256);
const ms = z.number().int().nonnegative();

export const exportFormats = ["seccomp", "docker", "compose", "kubernetes", "json"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What may be asked about learned profiles. */
export const profileRequests = [
  z.strictObject({ command: z.literal("profiles") }),
  z.strictObject({ command: z.literal("profile"), image }),
  z.strictObject({
    command: z.literal("profile-mode"),
    image,
    mode: z.enum(modes),
    settings: z
      .strictObject({
        learnMs: ms.exactOptional(),
        watchMs: ms.exactOptional(),
        settleMs: ms.exactOptional(),
        afterWatch: z.enum(["stay", "enforce"]).exactOptional(),
      })
      .exactOptional(),
    /** Whether what was learned is forgotten first, and what people said of it is not; for `learn` alone. */
    afresh: z.boolean().exactOptional(),
    by,
  }),
  z.strictObject({
    command: z.literal("profile-decide"),
    image,
    /** As `formatItem` writes it. */
    item: z.string().min(1).max(2048),
    verdict: z.enum(["accepted", "rejected"]),
    by,
  }),
  z.strictObject({ command: z.literal("profile-document"), image }),
  z.strictObject({ command: z.literal("profile-replay"), image }),
  z.strictObject({
    command: z.literal("profile-export"),
    image,
    format: z.enum(exportFormats),
    /** What documents call the container. */
    name: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, "expected lower-case letters, digits and hyphens")
      .exactOptional(),
    /** Where the seccomp profile will lie. */
    seccompPath: z.string().min(1).max(4096).exactOptional(),
  }),
] as const;

export type ProfileRequest = z.output<(typeof profileRequests)[number]>;
