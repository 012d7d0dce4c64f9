import { isDigest } from "@pratique/core";
import { z } from "zod";
import { MAX_EXPRESSION_LENGTH } from "./cel/expression.ts";

const MAX_NAME_LENGTH = 100;
/** The longest text, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 2000;
/** The longest list. */
export const MAX_LIST_LENGTH = 500;

/** A name that verdicts and exceptions can speak of. */
export const name = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u, "expected lower-case letters, digits, dots and dashes");
/** A text for people. */
export const text = z.string().max(MAX_TEXT_LENGTH);
/** A CEL expression, not yet parsed. */
export const expression = z.string().min(1).max(MAX_EXPRESSION_LENGTH);
/** A list of texts that are not empty. */
export const words = z.array(z.string().min(1).max(MAX_TEXT_LENGTH)).max(MAX_LIST_LENGTH);
/** A list with at least one text. */
export const someWords = words.min(1);
/** What a broken rule does. */
export const enforcement = z.enum(["enforce", "warn", "dry-run"]);
/** When a rule is asked. */
export const stage = z.enum(["build", "launch"]);
const metadata = z.strictObject({ name, description: text.optional() });
/** What every document begins with. */
export const header = { apiVersion: z.literal("pratique/v1"), metadata };

/** A date, or a moment with its offset. */
export const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: "expected a date, 2027-01-31, or a moment, 2027-01-31T12:00:00Z",
});
/** A content digest. */
export const digest = z.string().refine(isDigest, "expected sha256: and 64 hexadecimal digits");
