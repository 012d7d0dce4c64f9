import { generateKeyPairSync, randomInt } from "node:crypto";
import { checkSumOf, polymod } from "../secrets/token-check.ts";

const DIGITS = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const ALNUM = `${DIGITS}${UPPER}${LOWER}`;
const HEX = "0123456789abcdef";
const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** So many random characters out of an alphabet: no secret of anybody, and a new one at each run. */
export function draw(length: number, alphabet: string = ALNUM): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** The same, with at least one letter of either case and one digit in front. */
function mixed(length: number, alphabet: string = ALNUM): string {
  return `${draw(1, LOWER)}${draw(1, UPPER)}${draw(1, DIGITS)}${draw(length - 3, alphabet)}`;
}

function withCheckSum(prefix: string): string {
  const body = draw(30);
  return `${prefix}${body}${checkSumOf(body)}`;
}

/** A secret as somebody leaves it in a file. */
export interface SecretSample {
  readonly rule: string;
  readonly path: string;
  readonly text: string;
  /** What must not be readable in what was found. */
  readonly secret: string;
}

const token = (rule: string, secret: string): SecretSample => ({
  rule,
  path: "srv/app/settings.py",
  text: `# settings\nCLIENT = connect("${secret}")\n`,
  secret,
});

const inFile = (rule: string, path: string, secret: string, text: string): SecretSample => ({
  rule,
  path,
  text,
  secret,
});

/** One or more of each kind, drawn anew. */
export function secretSamples(): readonly SecretSample[] {
  const awsSecret = `${mixed(38, `${ALNUM}+/`)}+/`;
  const awsId = `AKIA${draw(16, `${UPPER}234567`)}`;
  const azureStorage = `${draw(86, `${ALNUM}+/`)}==`;
  const azureShared = `${mixed(43)}=`;
  const pem = privateKeys();
  const gcp = `${pem.pkcs8.trim().replaceAll("\n", String.raw`\n`)}\\n`;
  const password = `${draw(5, LOWER)}${draw(3, DIGITS)}!${draw(4, UPPER)}`;
  const login = Buffer.from(`ci:${password}`).toString("base64");
  const claims = Buffer.from(`{"sub":"${draw(12)}","exp":1999999999}`).toString("base64url");
  const head = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString("base64url");
  return [
    inFile("aws-key-pair", "srv/aws.csv", awsSecret, `Access key ID,Secret access key\n${awsId},${awsSecret}\n`),
    inFile("aws-secret-access-key", "root/.aws/credentials", awsSecret, `[default]\naws_secret_access_key = ${awsSecret}\n`),
    token("aws-access-key-id", awsId),
    inFile(
      "gcp-service-account",
      "srv/account.json",
      gcp,
      `{"type":"service_account","private_key_id": "${draw(40, HEX)}",\n "private_key": "${gcp}"}`,
    ),
    token("google-api-key", `AIza${mixed(35)}`),
    token("google-oauth-secret", `GOCSPX-${mixed(28)}`),
    token("azure-storage-key", `AccountName=shop;AccountKey=${azureStorage}`),
    token("azure-shared-access-key", `SharedAccessKeyName=all;SharedAccessKey=${azureShared}`),
    token("azure-client-secret", `${draw(3)}8Q~${mixed(34)}`),
    token("azure-key", `${mixed(52)}JQQJ99${draw(26)}`),
    token("azure-sas", `https://shop.blob.core.windows.net/a?sv=2022-11-02&sp=r&sig=${mixed(43)}%3D`),
    token("digitalocean-token", `dop_v1_${draw(64, HEX)}`),
    token("alibaba-access-key-id", `LTAI${mixed(20)}`),
    token("heroku-key", `HRKU-AA${mixed(58)}`),
    token("fly-token", `fm2_${mixed(200)}`),
    token("databricks-token", `dapi${draw(32, HEX)}`),
    token("planetscale-secret", `pscale_tkn_${mixed(43)}`),
    token("terraform-token", `${mixed(14)}.atlasv1.${mixed(67)}`),
    token("pulumi-token", `pul-${draw(40, HEX)}`),
    token("github-token", withCheckSum("ghp_")),
    token("github-token", withCheckSum("gho_")),
    token("github-token", withCheckSum("ghs_")),
    token("github-fine-grained-token", `github_pat_${mixed(22)}_${mixed(59)}`),
    token("gitlab-token", `glpat-${mixed(20)}`),
    token("gitlab-token", `glrt-${mixed(20)}`),
    token("npm-token", withCheckSum("npm_")),
    token("pypi-token", `pypi-AgEIcHlwaS5vcmc${mixed(120)}`),
    token("rubygems-key", `rubygems_${draw(48, HEX)}`),
    token("docker-hub-token", `dckr_pat_${mixed(27)}`),
    token("atlassian-token", `ATATT3xFfGF0${mixed(180)}`),
    token("jfrog-token", `AKCp${mixed(69)}`),
    token("sentry-token", `sntryu_${draw(64, HEX)}`),
    token("slack-token", `xoxb-${draw(12, DIGITS)}-${draw(12, DIGITS)}-${mixed(24)}`),
    token("slack-webhook", `https://hooks.slack.com/services/T${draw(8, UPPER)}/B${draw(10, UPPER)}/${mixed(24)}`),
    token("discord-webhook", `https://discord.com/api/webhooks/${draw(18, DIGITS)}/${mixed(68)}`),
    token("telegram-token", `${draw(10, DIGITS)}:AAF${mixed(32)}`),
    token("stripe-key", `sk_live_${mixed(24)}`),
    token("square-token", `sq0csp-${mixed(43)}`),
    token("shopify-token", `shpat_${draw(32, HEX)}`),
    token("sendgrid-key", `SG.${mixed(22)}.${mixed(43)}`),
    token("brevo-key", `xkeysib-${draw(64, HEX)}-${mixed(16)}`),
    token("mailgun-key", `key-a1${draw(30, HEX)}`),
    inFile("twilio-secret", "srv/sms.rb", "", `TWILIO_AUTH_TOKEN = "a1${draw(30, HEX)}"\n`),
    token("vault-token", `hvs.${mixed(94)}`),
    token("openai-key", `sk-proj-${mixed(74)}T3BlbkFJ${mixed(74)}`),
    token("anthropic-key", `sk-ant-api03-${mixed(93)}AA`),
    token("hugging-face-token", `hf_${draw(34, `${LOWER}${UPPER}`)}`),
    token("replicate-token", `r8_${mixed(37)}`),
    token("groq-key", `gsk_${mixed(52)}`),
    token("grafana-token", `glsa_${mixed(32)}_${draw(8, HEX)}`),
    token("new-relic-key", `NRAK-${draw(27, `${UPPER}${DIGITS}`)}`),
    token("dynatrace-token", `dt0c01.${draw(24, UPPER)}.${draw(64, UPPER)}`),
    token("linear-key", `lin_api_${mixed(40)}`),
    token("notion-token", `ntn_${mixed(46)}`),
    token("postman-key", `PMAK-${draw(24, HEX)}-${draw(34, HEX)}`),
    token("doppler-token", `dp.pt.${mixed(43)}`),
    token("tailscale-key", `tskey-auth-${mixed(12)}-${mixed(32)}`),
    token("supabase-token", `sbp_${draw(40, HEX)}`),
    token("1password-token", `ops_eyJ${mixed(600)}`),
    inFile("private-key", "srv/tls/key.pem", pem.pkcs8, pem.pkcs8),
    inFile("private-key", "srv/tls/rsa.pem", pem.pkcs1, `# ours\n${pem.pkcs1}`),
    inFile("private-key", "srv/tls/ec.pem", pem.sec1, pem.sec1),
    inFile("private-key", "srv/tls/locked.pem", pem.encrypted, pem.encrypted),
    inFile("private-key", "srv/app/config.yaml", pem.sec1, `key: |\n${pem.sec1.replaceAll(/^/gmu, "    ")}\n`),
    inFile("private-key", "root/.ssh/id_ed25519", pem.openSsh, pem.openSsh),
    inFile("putty-key", "root/id.ppk", pem.putty, pem.putty),
    inFile("age-key", "root/age.txt", "", `# public key: age1\n${ageKey()}\n`),
    token("jwt", `${head}.${claims}.${mixed(342)}`),
    inFile("netrc-password", "root/.netrc", password, `machine git.shop.internal login ci password ${password}\n`),
    inFile("npmrc-token", "root/.npmrc", password, `//npm.shop.internal/:_authToken=${password}\n`),
    inFile("pypirc-password", "root/.pypirc", password, `[pypi]\nusername = ci\npassword = ${password}\n`),
    inFile("docker-config-auth", "root/.docker/config.json", login, `{"auths":{"r.shop.internal":{"auth":"${login}"}}}`),
    inFile("kubeconfig-credential", "root/.kube/config", "", `users:\n- user:\n    client-key-data: ${draw(400)}\n`),
    inFile("password-hash", "etc/shadow", "", `root:$6$${draw(16)}$${draw(86)}:19000:0:99999:7:::\n`),
    inFile("url-password", "srv/app/.env", password, `DATABASE_URL=postgres://shop:${password}@db.shop.internal/x\n`),
    inFile("password-assignment", "srv/app/.env", password, `MAIL=1\nSMTP_PASSWORD=${password}\n`),
    inFile("password-assignment", "srv/app/app.php", password, `define('DB_PASSWORD', '${password}');\n`),
    inFile("password-assignment", "srv/app/app.js", "", `const apiToken = "${mixed(40)}";\n`),
  ];
}

function privateKeys() {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const text = (key: string | Buffer) => key.toString();
  const sec1 = text(ec.export({ type: "sec1", format: "pem" }));
  const blob = Buffer.concat([Buffer.from("openssh-key-v1\0\0\0\0\u0004none\0\0\0\u0004none"), Buffer.from(draw(300))]);
  const lines = (bytes: Buffer) => (bytes.toString("base64").match(/.{1,64}/gu) ?? []).join("\n");
  return {
    pkcs8: text(rsa.export({ type: "pkcs8", format: "pem" })),
    pkcs1: text(rsa.export({ type: "pkcs1", format: "pem" })),
    sec1,
    encrypted: text(
      ec.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "0" }),
    ),
    openSsh: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines(blob)}\n-----END OPENSSH PRIVATE KEY-----\n`,
    putty: `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: ci\nPublic-Lines: 2\n${lines(Buffer.from(draw(60)))}\nPrivate-Lines: 1\n${draw(48)}\nPrivate-MAC: ${draw(64, HEX)}\n`,
  };
}

/** A key of age: 32 bytes in Bech32 (BIP 173), in capitals. */
function ageKey(): string {
  const prefix = "age-secret-key-";
  const units = Array.from(prefix, (letter) => letter.charCodeAt(0));
  // 52 groups of five bits hold 256 bits; the last four are filled with zeros.
  const data = [...Array.from({ length: 51 }, () => randomInt(32)), 16 * randomInt(2)];
  const checked = [...units.map((unit) => unit >> 5), 0, ...units.map((unit) => unit & 31), ...data];
  const sum = polymod([...checked, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = Array.from({ length: 6 }, (_, index) => (sum >> (5 * (5 - index))) & 31);
  return `${prefix}1${[...data, ...check].map((value) => BECH32[value]).join("")}`.toUpperCase();
}
