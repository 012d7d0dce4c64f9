import { z } from "zod";
import { policyTest } from "./policy-test-schema.ts";
import {
  digest,
  enforcement,
  expression,
  header,
  MAX_LIST_LENGTH,
  moment,
  name,
  someWords,
  stage,
  text,
} from "./schema-parts.ts";

/** More rules than this in one policy are more than anybody reads. */
const MAX_RULES = 500;

const rule = z
  .strictObject({
    name,
    description: text.optional(),
    stages: z.array(stage).min(1).max(2).optional(),
    enforcement: enforcement.optional(),
    onRestart: enforcement.optional(),
    when: expression.optional(),
    forEach: z.record(z.string(), expression).optional(),
    deny: expression,
    max: z.int().min(0).max(1_000_000).optional(),
    message: text.min(1),
    value: text.min(1),
    fix: text.min(1),
  })
  .refine(({ max, forEach }) => max === undefined || forEach !== undefined, {
    path: ["max"],
    message: '"max" counts items, so it needs "forEach"',
  });

const policy = z.strictObject({
  ...header,
  kind: z.literal("Policy"),
  spec: z.strictObject({ when: expression.optional(), rules: z.array(rule).min(1).max(MAX_RULES) }),
});

const exception = z.strictObject({
  ...header,
  kind: z.literal("Exception"),
  spec: z.strictObject({
    rules: someWords,
    // Without a scope it would lift the rule everywhere, by an oversight.
    scope: z
      .strictObject({
        images: someWords.optional(),
        digests: z.array(digest).min(1).max(MAX_LIST_LENGTH).optional(),
        vulnerabilities: someWords.optional(),
        secrets: someWords.optional(),
        licenses: someWords.optional(),
        hosts: someWords.optional(),
      })
      .refine(
        (scope) => Object.keys(scope).length > 0,
        "expected at least one of images, digests, vulnerabilities, secrets, licenses, hosts",
      ),
    reason: text.min(1),
    owner: text.min(1),
    expires: moment,
  }),
});

/** The three kinds of documents. */
export const schemas = { Policy: policy, Exception: exception, PolicyTest: policyTest } as const;

export type PolicyBody = z.infer<typeof policy>;
export type ExceptionBody = z.infer<typeof exception>;
export type PolicyTestBody = z.infer<typeof policyTest>;
export type RuleBody = z.infer<typeof rule>;
