import { type Digest, severities } from "@pratique/core";
import { z } from "zod";

/** ISO 8601, UTC. */
export const instant = z.iso.datetime();

/** A short name or identifier. */
export const name = z.string().max(1024);

/** A name that the server or an operator gave: it stands in paths as it is. */
export const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u);

/** Text that may come out of an image: long, but bounded. */
export const text = z.string().max(65_536);

/** A file of policies or of rules: wherever it goes, it is as long as it may be when it is set up. */
export const policyFile = z.string().max(262_144);

/** A whole number, zero or more. */
export const count = z.int().nonnegative();

/** SHA-256 in lower-case hex, as the record writes it. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/u);

// The form is the one that core's isDigest checks; zod cannot express the brand, so it is put on here.
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/u) as unknown as z.ZodType<Digest, string>;

export const severity = z.enum(severities);

/** Findings by severity. */
export const severityCounts = z.strictObject({
  critical: count,
  high: count,
  medium: count,
  low: count,
  negligible: count,
  unknown: count,
});

export type SeverityCounts = z.output<typeof severityCounts>;
