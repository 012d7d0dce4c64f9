import { soughtLists } from "@pratique/core";
import type { RegistryTask } from "@pratique/server";
import { z } from "zod";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { RegistryTasks } from "../registries/registry-tasks.ts";

const texts = z.array(z.string());
const access = z.object({
  registry: z.string(),
  kind: z.string(),
  apiUrl: z.string().nullable(),
  insecure: z.boolean(),
  dockerCredentials: z.boolean(),
  username: z.string().exactOptional(),
  password: z.string().exactOptional(),
  token: z.string().exactOptional(),
});

const task = z.discriminatedUnion("kind", [
  z.object({
    id: z.int(),
    kind: z.literal("list"),
    access,
    path: z.string(),
    include: texts,
    exclude: texts,
    tags: texts,
    excludeTags: texts,
    newestTags: z.int().nullable(),
    platforms: texts,
    maxImages: z.int(),
  }),
  z.object({ id: z.int(), kind: z.literal("go-on") }),
  z.object({
    id: z.int(),
    kind: z.literal("scan"),
    access,
    repository: z.string(),
    tag: z.string(),
    platform: z.string(),
    sought: z.array(z.enum(soughtLists)),
    layerSecret: z.base64().nullable(),
  }),
  z.object({ id: z.int(), kind: z.literal("layer"), name: z.string() }),
]) satisfies z.ZodType<RegistryTask>;

/** The process that lists registries and scans their images; started by a server or worker, and ended by it at any moment. */
export async function runRegistryScanner(context: Context): Promise<ExitCode> {
  // Whoever started it is gone: there is nobody to work for.
  process.on("disconnect", () => process.exit(0));
  await using tasks = new RegistryTasks(context, (answer) => process.send?.(answer));
  process.on("message", (message) => {
    const asked = task.safeParse(message).data;
    if (asked !== undefined) tasks.take(asked);
  });
  await context.untilEnded();
  return exitCodes.fine;
}
