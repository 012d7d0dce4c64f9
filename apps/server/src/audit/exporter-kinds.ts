import type { Exporter } from "@pratique/api";
import { formatCef, formatJsonLine, formatOcsf, type LoggedEntry } from "@pratique/audit";
import {
  type ChannelEffects,
  type ExportSink,
  fileSink,
  NotifyError,
  syslogSink,
  syslogSinkSchema,
  webhookSink,
  webhookSinkSchema,
} from "@pratique/notify";
import { z } from "zod";

export type ExporterKind = Exporter["kind"];
export type ExportFormat = Exporter["format"];

/** What a sink is opened with, besides its settings. */
interface SinkOptions {
  readonly effects: ChannelEffects;
  /** Where files are written: exports choose a name there, and no place of their own. */
  readonly directory: string;
}

interface KindOfExporter {
  /** The members of the settings that are secret. */
  readonly secrets: readonly string[];
  open(settings: unknown, options: SinkOptions): ExportSink;
}

const fileSettings = z.strictObject({
  name: z.string().regex(/^[\w][\w.-]{0,127}$/u, "expected a plain file name"),
});

/** The kinds of receivers, sorted by name. */
export const exporterKinds: Readonly<Record<ExporterKind, KindOfExporter>> = {
  file: {
    secrets: [],
    open: (settings, { directory }) => {
      const parsed = fileSettings.safeParse(settings);
      if (!parsed.success) {
        throw new NotifyError("SETTINGS_INVALID", "a file export takes a plain file name as name");
      }
      return fileSink({ directory, name: parsed.data.name });
    },
  },
  syslog: {
    secrets: secretsOf(syslogSinkSchema, ["clientKey"]),
    open: (settings, { effects }) => syslogSink(settings, effects),
  },
  webhook: {
    secrets: secretsOf(webhookSinkSchema, ["url", "secret"]),
    open: (settings, { effects }) => webhookSink(settings, effects),
  },
};

/** How an entry is written for each format. */
export function formatterOf(format: ExportFormat, version: string): (logged: LoggedEntry) => string {
  const device = { vendor: "Pratique", product: "Pratique", version };
  switch (format) {
    case "cef":
      return (logged) => formatCef(logged, device);
    case "json":
      return formatJsonLine;
    case "ocsf":
      return (logged) => formatOcsf(logged, { ...device, name: device.product });
  }
}

/** The names have to be members of the form: a secret that is called otherwise there would lie open here. */
function secretsOf<Shape extends z.ZodRawShape>(
  _schema: z.ZodObject<Shape>,
  names: readonly (keyof Shape & string)[],
): readonly string[] {
  return names;
}
