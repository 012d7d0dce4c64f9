import { isPlaceholder } from "../randomness.ts";
import type { SecretRule } from "../secret-rule.ts";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Files whose place is known, and in them what is secret by its place. */
export const files: readonly SecretRule[] = [
  {
    id: "netrc-password",
    title: "Password in .netrc",
    severity: "high",
    confidence: "high",
    keywords: ["password"],
    pattern: /password\s{1,16}(?<secret>[^\s]{4,200})/dy,
    isGuessable: true,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    onlyIn: (path) => /^[._]netrc$/u.test(nameOf(path)),
  },
  {
    id: "npmrc-token",
    title: "Credential in .npmrc",
    severity: "high",
    confidence: "high",
    keywords: ["_authToken", "_auth", "_password"],
    pattern: /_(?:authToken|auth|password)[ \t]{0,8}=[ \t]{0,8}"?(?<secret>[^\s"]{8,400})/dy,
    reachBytes: 512,
    isGuessable: true,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    onlyIn: (path) => /^\.?npmrc$/u.test(nameOf(path)),
  },
  {
    id: "pypirc-password",
    title: "Password in .pypirc or pip.conf",
    severity: "high",
    confidence: "high",
    keywords: ["password"],
    pattern: /password[ \t]{0,8}[:=][ \t]{0,8}(?<secret>[^\s]{4,1000})/dy,
    reachBytes: 1100,
    isGuessable: true,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    onlyIn: (path) => nameOf(path) === ".pypirc",
  },
  {
    id: "docker-config-auth",
    title: "Registry password in Docker's configuration",
    severity: "high",
    confidence: "high",
    keywords: ['"auth"', '"identitytoken"'],
    pattern: /"(?:auth|identitytoken)"\s{0,8}:\s{0,8}"(?<secret>[A-Za-z0-9+/=._-]{8,4000})"/dy,
    reachBytes: 4096,
    isGuessable: true,
    judge: ({ secret }) => (isRegistryLogin(secret) ? {} : undefined),
    onlyIn: (path) =>
      /(?:^|\/)(?:\.docker\/config\.json|\.dockercfg|\.dockerconfigjson|containers\/auth\.json)$/u.test(path),
  },
  {
    id: "kubeconfig-credential",
    title: "Credential in a kubeconfig",
    severity: "critical",
    confidence: "high",
    keywords: ["client-key-data:", "    token:"],
    pattern: /(?:client-key-data:|\s{4}token:)[ \t]{1,8}"?(?<secret>[A-Za-z0-9+/=._-]{20,8000})/dy,
    reachBytes: 8192,
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    onlyIn: (path) =>
      /(?:^|\/)\.kube\/|kubeconfig|(?:^|\/)(?:admin|kubelet|controller-manager|scheduler)\.conf$|k3s\.yaml$/u.test(
        path,
      ),
  },
  {
    id: "password-hash",
    title: "Hash of an account's password",
    severity: "medium",
    confidence: "high",
    keywords: [":$1$", ":$5$", ":$6$", ":$y$", ":$2a", ":$2b", ":$2y", ":$7$", ":$gy"],
    pattern: /:(?<secret>\$(?:1|5|6|y|7|gy|2[aby])\$[A-Za-z0-9./$=+,-]{20,300})(?=:)/dy,
    reachBytes: 320,
    isGuessable: true,
    onlyIn: (path) => /^etc\/g?shadow-?$/u.test(path),
  },
];

/** `user:password` in Base64, or a token by itself. */
function isRegistryLogin(text: string): boolean {
  if (isPlaceholder(text)) return false;
  const decoded = Buffer.from(text, "base64").toString("latin1");
  const colon = decoded.indexOf(":");
  if (colon > 0) return !isPlaceholder(decoded.slice(colon + 1));
  return text.length >= 40;
}
