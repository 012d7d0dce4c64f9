import { entropyOf, isPlaceholder, looksRandom } from "../randomness.ts";
import type { SecretRule } from "../secret-rule.ts";
import { tokenRule } from "./token-rule.ts";

/** Random enough for 40 characters of Base64: less is a path, a name or a hash in hexadecimal digits. */
const AWS_SECRET_BITS = 4.2;

function isAwsSecret(text: string): boolean {
  return (
    entropyOf(text) >= AWS_SECRET_BITS && !isPlaceholder(text) && /[A-Z]/u.test(text) && /\d/u.test(text)
  );
}

/** What clouds and those who host on them give out. */
export const clouds: readonly SecretRule[] = [
  {
    id: "aws-key-pair",
    title: "AWS access key with its secret",
    severity: "critical",
    confidence: "high",
    keywords: ["AKIA", "ASIA"],
    pattern:
      /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])(?:[^A-Za-z0-9/+=]{1,16}[A-Za-z0-9/+=]{1,39}){0,8}?[^A-Za-z0-9/+=]{1,16}(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/dy,
    judge: ({ secret }) => (isAwsSecret(secret) ? {} : undefined),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "aws-secret-access-key",
    title: "AWS secret access key",
    severity: "critical",
    confidence: "high",
    keywords: [
      "secret_access_key",
      "secretaccesskey",
      "secret-access-key",
      "aws_secret_key",
      "secret access key",
    ],
    ignoreCase: true,
    pattern:
      /(?:secret[_ -]?access[_ -]?key|aws_secret_key)["'\]]{0,2}\s{0,4}(?:=>|[:=,]|\s)\s{0,4}["'`]?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/diy,
    judge: ({ secret }) => (isAwsSecret(secret) ? {} : undefined),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "aws-access-key-id",
    title: "AWS access key id, without its secret",
    severity: "low",
    confidence: "high",
    keywords: ["AKIA", "ASIA"],
    pattern: /(?<![A-Za-z0-9/+])(?<secret>(?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Za-z0-9/+])/dy,
    judge: ({ secret }) => (isPlaceholder(secret) || entropyOf(secret) < 2.5 ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "gcp-service-account",
    title: "Google Cloud service account with its private key",
    severity: "critical",
    confidence: "high",
    keywords: ["private_key_id"],
    pattern:
      /private_key_id"\s{0,4}:\s{0,4}"[0-9a-f]{40}"\s{0,8},\s{0,8}"private_key"\s{0,4}:\s{0,4}"(?<secret>-----BEGIN (?:RSA )?PRIVATE KEY-----[A-Za-z0-9+/=\\\n]{200,8000}-----END (?:RSA )?PRIVATE KEY-----)/dy,
    reachBytes: 9000,
    judge: ({ secret }) => ({ shown: `private_key (${secret.length} characters)` }),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  tokenRule({
    id: "google-api-key",
    title: "Google API key",
    severity: "medium",
    keywords: ["AIza"],
    body: "AIza[A-Za-z0-9_-]{35}",
  }),
  tokenRule({
    id: "google-oauth-secret",
    title: "Google OAuth client secret",
    severity: "high",
    keywords: ["GOCSPX-"],
    body: "GOCSPX-[A-Za-z0-9_-]{28}",
  }),
  {
    id: "azure-storage-key",
    title: "Azure storage account key",
    severity: "critical",
    confidence: "high",
    keywords: ["AccountKey="],
    pattern: /AccountKey=(?<secret>[A-Za-z0-9+/]{86}==)/dy,
    // The key of the emulator, which is the same everywhere.
    judge: ({ secret }) => (secret.startsWith("Eby8vdM02xNO") || isPlaceholder(secret) ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "azure-shared-access-key",
    title: "Azure shared access key",
    severity: "high",
    confidence: "high",
    keywords: ["SharedAccessKey="],
    pattern: /SharedAccessKey=(?<secret>[A-Za-z0-9+/]{43}=)/dy,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "azure-client-secret",
    title: "Azure client secret",
    severity: "high",
    confidence: "high",
    keywords: ["7Q~", "8Q~"],
    pattern:
      /(?<=(?<![A-Za-z0-9_~.-])(?<head>[A-Za-z0-9_~.]{3}))(?<secret>[78]Q~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])/dy,
    behindBytes: 4,
    judge: ({ secret }) => (entropyOf(secret) < 3.5 ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "azure-key",
    title: "Azure service key",
    severity: "high",
    confidence: "high",
    keywords: ["JQQJ99", "AZDO"],
    pattern:
      /(?<=(?<![A-Za-z0-9])(?<head>[A-Za-z0-9]{52,76}))(?<secret>JQQJ99[A-Za-z0-9]{26}|AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])/dy,
    behindBytes: 77,
    judge: ({ secret }) => (secret.length === 84 ? {} : undefined),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  {
    id: "azure-sas",
    title: "Azure shared access signature",
    severity: "medium",
    confidence: "high",
    keywords: ["&sig="],
    pattern: /(?<=[?&]s[vpeirt]=[^\s"'&]{1,64}.{0,200})&sig=(?<secret>[A-Za-z0-9%]{43,63}(?:%3D|%3d|=))/dy,
    behindBytes: 270,
    judge: ({ secret }) => (looksRandom(secret) && !isPlaceholder(secret) ? {} : undefined),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  tokenRule({
    id: "digitalocean-token",
    title: "DigitalOcean token",
    severity: "critical",
    keywords: ["dop_v1_", "doo_v1_", "dor_v1_"],
    body: "do[opr]_v1_[0-9a-f]{64}",
  }),
  tokenRule({
    id: "alibaba-access-key-id",
    title: "Alibaba Cloud access key id",
    severity: "medium",
    keywords: ["LTAI"],
    body: "LTAI[A-Za-z0-9]{20}",
  }),
  tokenRule({
    id: "heroku-key",
    title: "Heroku API key",
    severity: "high",
    keywords: ["HRKU-"],
    body: "HRKU-[A-Za-z0-9_-]{36,64}",
  }),
  tokenRule({
    id: "fly-token",
    title: "Fly.io token",
    severity: "high",
    keywords: ["fm1r_", "fm2_"],
    body: "fm(?:1r|2)_[A-Za-z0-9+/=_-]{100,800}",
    reachBytes: 1024,
  }),
  tokenRule({
    id: "databricks-token",
    title: "Databricks token",
    severity: "high",
    keywords: ["dapi"],
    body: "dapi[0-9a-f]{32}(?:-\\d)?",
  }),
  tokenRule({
    id: "planetscale-secret",
    title: "PlanetScale password or token",
    severity: "high",
    keywords: ["pscale_"],
    body: "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",
  }),
  {
    id: "terraform-token",
    title: "Terraform Cloud token",
    severity: "high",
    confidence: "high",
    keywords: [".atlasv1."],
    pattern:
      /(?<=(?<![A-Za-z0-9])(?<head>[A-Za-z0-9]{14}))(?<secret>\.atlasv1\.[A-Za-z0-9_=-]{60,70})(?![A-Za-z0-9_=-])/dy,
    behindBytes: 15,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  },
  tokenRule({
    id: "pulumi-token",
    title: "Pulumi token",
    severity: "high",
    keywords: ["pul-"],
    body: "pul-[0-9a-f]{40}",
  }),
];
