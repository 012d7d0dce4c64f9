import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ConnectionPeer } from "@pratique/http";
import { z } from "zod";
import { type ChannelEffects, type Delivered, defineChannel } from "../channel.ts";
import { NotifyError } from "../errors.ts";
import { describeMessage, type Message } from "../message.ts";
import { openSocket, tlsOptionsFor } from "../open-socket.ts";
import { oneLine, plainText } from "../safe-text.ts";
import { hostName, port, secret } from "../setting-forms.ts";

const MAX_SUBJECT_LENGTH = 200;
const MAX_BODY_LENGTH = 50_000;
const MAX_ANSWER_LENGTH = 500;
const MAX_RECIPIENTS = 50;
const MAX_REPLY_BYTES = 64 * 1024;
// RFC 4954 section 6. They say nothing of the mail: once somebody has put the password right, it goes through.
const WRONG_CREDENTIALS = new Set([530, 534, 535, 538]);

/** A plain address: no comment, no quoted part, nothing that could be two. */
const address = z
  .string()
  .max(254)
  .regex(
    /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/iu,
    "expected a mail address",
  );

const schema = z
  .strictObject({
    host: hostName,
    port: port.default(587),
    /** `tls` from the first byte, `starttls` before anything else is said, `none` in the clear. */
    security: z.enum(["tls", "starttls", "none"]).default("starttls"),
    username: z.string().min(1).max(320).optional(),
    password: secret.optional(),
    from: address,
    to: z.array(address).min(1).max(MAX_RECIPIENTS),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ["password"],
    message: "a user name and a password come together",
  })
  .refine(({ security, password }) => security !== "none" || password === undefined, {
    path: ["security"],
    message: "a password is not sent in the clear",
  });

type Settings = z.output<typeof schema>;

/** Mail through a server that takes it. The connection is encrypted and checked unless the settings say `none`. */
export const email = defineChannel({
  name: "email",
  version: 1,
  schema,
  secrets: ["password"],
  where: ({ host, port: number }) => `${host}:${number}`,
  async deliver(message, { settings, effects, signal, met }) {
    const { host, port: number, security } = settings;
    // Loaded when the first mail is sent: most processes send none.
    const { createTransport } = await import("nodemailer");
    const opened = await openSocket(
      { host, port: number, ...(security === "tls" && { tls: {} }) },
      effects,
      signal,
    );
    met(opened.peer);
    let certificate: PeerCertificate | undefined;
    const transport = createTransport({
      host,
      port: number,
      name: effects.hostName,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      // The server's word is hostile: it is bounded, and nothing in a message makes the client read files.
      maxResponseSize: MAX_REPLY_BYTES,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: {
        ...tlsOptionsFor(host, effects),
        checkServerIdentity: (name: string, shown: PeerCertificate) => {
          certificate = shown;
          return checkServerIdentity(name, shown);
        },
      },
      ...(settings.username !== undefined && {
        auth: { user: settings.username, pass: settings.password ?? "" },
      }),
      getSocket: (_options, callback) =>
        callback(null, { connection: opened.socket, secured: security === "tls" }),
    });
    try {
      const sent = await transport.sendMail({ ...mailOf(message, settings, effects), signal });
      return {
        peer: peerWith(opened.peer, certificate),
        ...answerOf(sent.response, sent.rejected.map(String)),
      };
    } catch (thrown) {
      throw refusalOf(thrown, `${host}:${number}`) ?? thrown;
    } finally {
      transport.close();
      opened.socket.destroy();
    }
  },
});

function mailOf(message: Message, { from, to }: Settings, effects: ChannelEffects) {
  const { title, text, link } = describeMessage(message);
  const labels = Object.entries(message.labels).map(([name, value]) => `${name}: ${value}`);
  const facts = [`severity: ${message.severity}`, `kind: ${message.kind}`, ...labels];
  const body = [text, ...(link === undefined ? [] : [link]), facts.join("\n")].join("\n\n");
  return {
    from: { name: "Pratique", address: from },
    to: to.map((recipient) => ({ name: "", address: recipient })),
    subject: oneLine(`[${message.severity}] ${title}`, MAX_SUBJECT_LENGTH),
    text: plainText(body, MAX_BODY_LENGTH),
    date: new Date(effects.now()),
    // The same at each try, so that mail servers and readers drop a repetition.
    messageId: `<${message.id.replace(/[^\w.-]/gu, "_")}@${effects.hostName.replace(/[^\w.-]/gu, "_")}>`,
    headers: {
      // RFC 3834: no holiday notes in return, please.
      "Auto-Submitted": "auto-generated",
      "X-Pratique-Kind": oneLine(message.kind, 100).replace(/[^\w.-]/gu, "_"),
    },
  };
}

function answerOf(response: string, rejected: readonly string[]): Pick<Delivered, "answer" | "status"> {
  const status = Number(/^\d{3}/u.exec(response)?.[0] ?? "0");
  const refused = rejected.length === 0 ? "" : `; refused for ${rejected.join(", ")}`;
  return { status, answer: oneLine(`${response}${refused}`, MAX_ANSWER_LENGTH) };
}

/** STARTTLS happens inside the mail client, which shows us the certificate only. */
function peerWith(peer: ConnectionPeer, certificate: PeerCertificate | undefined): ConnectionPeer {
  if (peer.tls !== undefined || certificate === undefined) return peer;
  const { subject, issuer, valid_to: validTo, fingerprint256: fingerprint } = certificate;
  return {
    ...peer,
    tls: {
      protocol: "STARTTLS",
      cipher: "",
      verified: true,
      subject: [subject.CN].flat()[0] ?? "",
      issuer: [issuer.CN].flat()[0] ?? "",
      validTo,
      fingerprint,
    },
  };
}

/** What the server said no with, where it did. */
function refusalOf(thrown: unknown, where: string): NotifyError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // A server that refuses TLS has not refused the mail: nothing of it was said.
  if ("code" in thrown && thrown.code === "ETLS") return undefined;
  const status =
    "responseCode" in thrown && typeof thrown.responseCode === "number" ? thrown.responseCode : 0;
  if (status < 400) return undefined;
  const response = "response" in thrown && typeof thrown.response === "string" ? thrown.response : "";
  const remoteText = oneLine(response, MAX_ANSWER_LENGTH);
  return new NotifyError(
    "CHANNEL_REFUSED",
    `reply ${status} from ${JSON.stringify(where)}: ${JSON.stringify(remoteText)}`,
    // RFC 5321 section 4.2.1: 4yz is transient, 5yz permanent.
    { status, remoteText, permanent: status >= 500 && !WRONG_CREDENTIALS.has(status) },
  );
}
