import { type Permission, permissions, type Scope } from "@pratique/core";
import { z } from "zod";

/** A pattern in which `*` stands for any run of characters. */
const pattern = z.string().min(1).max(512);
const patterns = z.array(pattern).min(1).max(200);

/** Each label is a condition of every query for whoever holds the scope. */
const MAX_LABELS = 50;
const labels = z
  .record(z.string().min(1).max(128), patterns)
  .refine((named) => Object.keys(named).length <= MAX_LABELS, `expected at most ${MAX_LABELS} labels`);

/** A part of the fleet, exactly as core declares it; `{}` is everything. */
export const scope: z.ZodType<Scope> = z.strictObject({
  hosts: patterns.exactOptional(),
  labels: labels.exactOptional(),
  registries: patterns.exactOptional(),
});

export const permission: z.ZodType<Permission> = z.enum(permissions);

/** What a role says of a permission. */
export const effect = z.enum(["allow", "needs-approval"]);
