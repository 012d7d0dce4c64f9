import { isPlaceholder } from "../randomness.ts";
import type { SecretRule } from "../secret-rule.ts";
import { hasCheckSum } from "../token-check.ts";
import { tokenRule } from "./token-rule.ts";

/** Where code, packages and images are kept. */
export const codeHosts: readonly SecretRule[] = [
  {
    id: "github-token",
    title: "GitHub token",
    severity: "critical",
    confidence: "high",
    keywords: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    pattern: /(?<![A-Za-z0-9_])(?<secret>gh[pousr]_(?<body>[A-Za-z0-9]{36}))(?![A-Za-z0-9_])/dy,
    judge: ({ groups }) => (hasCheckSum(groups.body ?? "") ? {} : undefined),
  },
  tokenRule({
    id: "github-fine-grained-token",
    title: "GitHub fine-grained token",
    severity: "critical",
    keywords: ["github_pat_"],
    body: "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
  }),
  tokenRule({
    id: "gitlab-token",
    title: "GitLab token",
    severity: "critical",
    keywords: [
      "glpat-",
      "gldt-",
      "glrt-",
      "glcbt-",
      "gloas-",
      "glsoat-",
      "glft-",
      "glimt-",
      "glagent-",
      "glptt-",
    ],
    body: "gl(?:pat|dt|rt|oas|soat|ft|imt|agent|ptt|cbt)-(?:[A-Za-z0-9_-]{20,80}(?:\\.[a-z0-9]{2}\\.[a-z0-9]{9})?|[A-Za-z0-9]{1,4}_[A-Za-z0-9_-]{20})",
  }),
  {
    id: "npm-token",
    title: "npm token",
    severity: "critical",
    confidence: "high",
    keywords: ["npm_"],
    pattern: /(?<![A-Za-z0-9_])(?<secret>npm_(?<body>[A-Za-z0-9]{36}))(?![A-Za-z0-9_])/dy,
    judge: ({ secret, groups }) => {
      if (hasCheckSum(groups.body ?? "")) return {};
      return /\d/u.test(secret) && /[A-Z]/u.test(secret) && !isPlaceholder(secret)
        ? { confidence: "low" }
        : undefined;
    },
    unsureIn: ["documentation", "tests"],
  },
  tokenRule({
    id: "pypi-token",
    title: "PyPI token",
    severity: "critical",
    keywords: ["pypi-AgE"],
    body: "pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}",
    reachBytes: 1024,
  }),
  tokenRule({
    id: "rubygems-key",
    title: "RubyGems API key",
    severity: "critical",
    keywords: ["rubygems_"],
    body: "rubygems_[0-9a-f]{48}",
  }),
  tokenRule({
    id: "docker-hub-token",
    title: "Docker Hub token",
    severity: "critical",
    keywords: ["dckr_pat_", "dckr_oat_"],
    body: "dckr_[po]at_[A-Za-z0-9_-]{27,40}",
  }),
  tokenRule({
    id: "atlassian-token",
    title: "Atlassian API token",
    severity: "high",
    keywords: ["ATATT3", "ATCTT3", "ATBB"],
    body: "(?:AT[AC]TT3[A-Za-z0-9_=-]{180,200}|ATBB[A-Za-z0-9]{32})",
  }),
  tokenRule({
    id: "jfrog-token",
    title: "JFrog Artifactory key",
    severity: "high",
    keywords: ["AKCp", "cmVmdGtu"],
    body: "(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})",
  }),
  tokenRule({
    id: "sentry-token",
    title: "Sentry token",
    severity: "medium",
    keywords: ["sntryu_", "sntrys_"],
    body: "(?:sntryu_[0-9a-f]{64}|sntrys_eyJ[A-Za-z0-9+/=_-]{80,400})",
    reachBytes: 512,
  }),
];
