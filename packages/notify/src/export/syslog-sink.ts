import { z } from "zod";
import { type ChannelEffects, parseSettings } from "../channel.ts";
import { classifyFailure } from "../failure.ts";
import { hostName, pem, port } from "../setting-forms.ts";
import { EXAMPLE_ENTERPRISE, formatSyslog } from "../syslog-record.ts";
import { sendSyslogStream } from "../syslog-transport.ts";
import type { ExportSink } from "./export-sink.ts";

// RFC 5424 section 6.2.1: log audit.
const AUDIT_FACILITY = 13;

/** The form of the settings. `clientKey` is secret. */
export const syslogSinkSchema = z.strictObject({
  host: hostName,
  port: port.default(6514),
  facility: z.int().min(0).max(23).default(AUDIT_FACILITY),
  enterprise: z.int().min(1).max(4_294_967_295).default(EXAMPLE_ENTERPRISE),
  clientCertificate: pem.optional(),
  clientKey: pem.optional(),
});

/**
 * The log over TLS to a syslog receiver (RFC 5425), one connection for each batch. Lines are sent whole,
 * whatever their length. See {@link sendSyslogStream} for what counts as accepted. Throws `SETTINGS_INVALID`.
 */
export function syslogSink(settings: unknown, effects: ChannelEffects): ExportSink {
  const parsed = parseSettings(syslogSinkSchema, settings, "a syslog export");
  const { host, port: number, facility, enterprise, clientCertificate, clientKey } = parsed;
  const tls = {
    ...(clientCertificate !== undefined && { certificate: clientCertificate }),
    ...(clientKey !== undefined && { key: clientKey }),
  };
  return {
    kind: "syslog",
    async send(lines, signal) {
      const records = lines.map(({ sequence, timeMs, text }) =>
        formatSyslog({
          facility,
          enterprise,
          severity: "unknown",
          timeMs,
          hostName: effects.hostName,
          appName: "pratique",
          messageId: "audit",
          data: { sequence: String(sequence) },
          text,
        }),
      );
      try {
        await sendSyslogStream(records, { target: { host, port: number, tls }, effects, signal });
      } catch (thrown) {
        throw classifyFailure(thrown, `${host}:${number}`, signal);
      }
    },
  };
}
