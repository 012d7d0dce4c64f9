import type { SecretCategory } from "@pratique/core";
import type { SecretRule } from "../secret-rule.ts";
import { clouds } from "./clouds.ts";
import { codeHosts } from "./code-hosts.ts";
import { files } from "./files.ts";
import { keys } from "./keys.ts";
import { passwords } from "./passwords.ts";
import { services } from "./services.ts";

/**
 * Every rule. Where two find the same text, the one that stands further up counts. A test fails when a file beside this one
 * is missing here.
 */
export const secretRules: readonly ListedRule[] = [
  ...listed("cloud", clouds),
  ...listed("code-host", codeHosts),
  ...listed("service", services),
  ...listed("key", keys),
  ...listed("file", files),
  ...listed("password", passwords),
];

/** A rule with the category of the file that it stands in. */
export type ListedRule = SecretRule & { readonly category: SecretCategory };

function listed(category: SecretCategory, rules: readonly SecretRule[]): readonly ListedRule[] {
  return rules.map((rule) => ({ ...rule, category }));
}
