import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { describeMessage, type Message } from "../message.ts";
import { truncate } from "../safe-text.ts";
import { hostName, pem, port } from "../setting-forms.ts";
import { EXAMPLE_ENTERPRISE, formatSyslog } from "../syslog-record.ts";
import { sendSyslogDatagram, sendSyslogStream } from "../syslog-transport.ts";

// RFC 5425 section 4.3.1: receivers should take 8192 octets; half is left to the rest of the record and to UTF-8.
const MAX_TEXT_LENGTH = 2000;
const MAX_TITLE_LENGTH = 500;
// RFC 5424 section 6.2.1: security and authorisation messages, for those who may read them.
const DEFAULT_FACILITY = 10;

const schema = z
  .strictObject({
    host: hostName,
    port: port.default(6514),
    /** UDP and TCP in the clear are for networks that the operator trusts. */
    transport: z.enum(["tls", "tcp", "udp"]).default("tls"),
    facility: z.int().min(0).max(23).default(DEFAULT_FACILITY),
    appName: z
      .string()
      .regex(/^[\x21-\x7e]{1,48}$/u)
      .default("pratique"),
    /** The private enterprise number in the name of the structured data. */
    enterprise: z.int().min(1).max(4_294_967_295).default(EXAMPLE_ENTERPRISE),
    clientCertificate: pem.optional(),
    clientKey: pem.optional(),
  })
  .refine(
    ({ clientCertificate, clientKey }) => (clientCertificate === undefined) === (clientKey === undefined),
    { path: ["clientKey"], message: "a client certificate and its key come together" },
  );

/** A log receiver: RFC 5424 over TLS (RFC 5425), and over TCP or UDP where chosen. */
export const syslog = defineChannel({
  name: "syslog",
  version: 1,
  schema,
  secrets: ["clientKey"],
  where: ({ host, port: number }) => `${host}:${number}`,
  async deliver(message, { settings, effects, signal, met }) {
    const record = recordOf(message, settings, effects.hostName);
    const { host, port: number, transport, clientCertificate, clientKey } = settings;
    if (transport === "udp") return sendSyslogDatagram(record, { target: { host, port: number }, effects });
    const tls = {
      ...(clientCertificate !== undefined && { certificate: clientCertificate }),
      ...(clientKey !== undefined && { key: clientKey }),
    };
    const target = transport === "tls" ? { host, port: number, tls } : { host, port: number };
    return sendSyslogStream([record], { target, effects, signal, met });
  },
});

function recordOf(message: Message, settings: z.output<typeof schema>, fromHost: string): string {
  const { title, text, link } = describeMessage(message);
  const { facility, appName, enterprise } = settings;
  return formatSyslog({
    facility,
    appName,
    enterprise,
    severity: message.severity,
    timeMs: Date.parse(message.time),
    hostName: fromHost,
    messageId: message.kind,
    data: {
      delivery: message.id,
      count: String(message.count),
      ...(link !== undefined && { link }),
      ...labelsOf(message),
    },
    text: `${truncate(title, MAX_TITLE_LENGTH)}: ${truncate(text, MAX_TEXT_LENGTH)}`,
  });
}

function labelsOf({ labels }: Message): Readonly<Record<string, string>> {
  const entries = Object.entries(labels).slice(0, 10);
  return Object.fromEntries(entries.map(([name, value]) => [`label.${name}`, truncate(value, 100)]));
}
