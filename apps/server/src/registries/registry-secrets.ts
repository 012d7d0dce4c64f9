import { z } from "zod";
import { RowSecrets } from "../sealing/row-secrets.ts";

/** What a registry is signed in to with, and what it proves itself with. */
const schema = z.strictObject({
  username: z.string().exactOptional(),
  password: z.string().exactOptional(),
  token: z.string().exactOptional(),
  pushSecret: z.string().exactOptional(),
});

export type RegistrySecrets = z.output<typeof schema>;

export const registrySecrets = new RowSecrets("registries", schema);
