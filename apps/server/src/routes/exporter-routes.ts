import { deleteExporter, type Exporter, listExporters, putExporter } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { NotifyError } from "@pratique/notify";
import { exporterKinds } from "../audit/exporter-kinds.ts";
import { exporterSecrets } from "../audit/exporter-secrets.ts";
import type { ExporterLag } from "../audit/log-exports.ts";
import type { Binder } from "../bind.ts";
import { missing, refuseStale, type SetUp, stale } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { type ChannelSettings, secretsAfter } from "../notifications/channel-secrets.ts";

/** The systems that get the log. */
export function bindExporters(binder: Binder, { store, sealer, exports }: Context): void {
  const { exporters } = store.audit;

  binder.bind(listExporters, async () => ({ items: (await exports.lags()).map(entryOf) }));

  binder.bind(putExporter, async ({ params, body, revision }) => {
    const { kind, name, enabled, format } = body;
    const id = params.exporter;
    const before = await exporters.find(id);
    refuseStale(exportNamed(id), { before, revision });
    const given = split(kind, body.settings);
    const held = {
      kind: before?.kind ?? kind,
      open: before?.settings ?? {},
      secrets: before === undefined ? {} : await exporterSecrets.open(sealer, before),
    };
    const secrets = secretsAfter(given, held, kind);
    const exporter = {
      id,
      kind,
      name,
      enabled,
      format,
      settings: given.open,
      sealedSecrets: await exporterSecrets.seal(sealer, id, secrets),
      secretNames: Object.keys(secrets).sort(),
    };
    await exports.open({ ...exporter, revision: "", lastError: null }).catch(refuseInvalid);
    if (!(await exporters.put(exporter, revision))) throw stale(exportNamed(id), revision);
    exports.wake();
    const lag = (await exports.lags()).find((each) => each.exporter.id === id);
    if (lag === undefined) throw missing(exportNamed(id));
    return entryOf(lag);
  });

  binder.bind(deleteExporter, async ({ params }) => {
    if (!(await exporters.remove(params.exporter))) throw missing(exportNamed(params.exporter));
    exports.wake();
    return undefined;
  });
}

function exportNamed(id: string): SetUp {
  return { kind: "export", parameter: "exporter", id };
}

function split(kind: Exporter["kind"], settings: ChannelSettings) {
  const { secrets: names } = exporterKinds[kind];
  const isSecret = ([name]: readonly [string, unknown]) => names.includes(name);
  const all = Object.entries(settings);
  return {
    open: Object.fromEntries(all.filter((entry) => !isSecret(entry))),
    secrets: Object.fromEntries(all.filter(isSecret)),
  };
}

/** A library's word on settings is the caller's business. */
function refuseInvalid(thrown: unknown): never {
  if (!(thrown instanceof NotifyError)) throw thrown;
  throw new ServerError("SETTINGS_INVALID", messageOf(thrown), { cause: thrown });
}

function entryOf({ exporter, entries, seconds }: ExporterLag): Exporter {
  const { id, kind, name, enabled, format, settings, secretNames, revision, lastError } = exporter;
  const { shape } = putExporter.body;
  return {
    id,
    kind: shape.kind.parse(kind),
    name,
    enabled,
    format: shape.format.parse(format),
    // They were checked before they were stored.
    settings: settings as ChannelSettings,
    secrets: [...secretNames],
    revision,
    lagEntries: entries,
    lagSeconds: seconds,
    lastError,
  };
}
