import { assert, constantFrom, property, string, tuple } from "fast-check";
import { expect, it } from "vitest";
import { patternOf } from "./path-pattern.ts";
import { isSecretPath, mayBeSecret } from "./sensitive-path.ts";

const SECRETS = [
  "/etc/shadow",
  "/etc/gshadow-",
  "/etc/sudoers",
  "/etc/krb5.keytab",
  "/etc/sudoers.d/a",
  "/etc/ssl/private/a",
  "/etc/pki/tls/private/a",
  "/etc/ssh/ssh_host_rsa_key",
  "/run/secrets/db",
  "/root/.ssh/known_hosts",
  "/root/.aws/config",
  "/root/.azure/a",
  "/root/.docker/config.json",
  "/root/.kube/config",
  "/root/.gnupg/a",
  "/root/.config/gcloud/a",
  "/root/.netrc",
  "/root/.npmrc",
  "/root/.pypirc",
  "/root/.git-credentials",
  "/root/.pgpass",
  "/root/.my.cnf",
  "/root/.vault-token",
  "/app/.env",
  "/app/id_rsa",
  "/app/id_ed25519",
  "/app/credentials.json",
  "/app/wallet.dat",
  "/app/a.pem",
  "/app/a.key",
  "/app/a.p12",
  "/app/a.pfx",
  "/app/a.jks",
  "/app/a.keystore",
  "/app/a.kdbx",
  "/proc/self/environ",
  "/proc/kcore",
];

it.each(SECRETS)("takes %s for a secret, and the quick look does", (path) => {
  expect([isSecretPath(patternOf(path)), mayBeSecret(path)]).toEqual([true, true]);
});

it("never lets the quick look pass a secret by", () => {
  const near = tuple(constantFrom(...SECRETS), string(), constantFrom("/", "/../", "//", "")).map(
    ([secret, text, between]) => `${text}${between}${secret}`,
  );
  assert(property(near, (path) => !isSecretPath(patternOf(path)) || mayBeSecret(path)));
});

it.each(["/usr/lib/libc.so.6", "/etc/hosts", "/data/kept", "/proc/self/status"])("leaves out %s", (path) => {
  expect(mayBeSecret(path)).toBe(false);
});
