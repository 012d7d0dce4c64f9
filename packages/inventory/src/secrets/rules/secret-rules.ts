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
export const secretRules: readonly SecretRule[] = [
  ...clouds,
  ...codeHosts,
  ...services,
  ...keys,
  ...files,
  ...passwords,
];
