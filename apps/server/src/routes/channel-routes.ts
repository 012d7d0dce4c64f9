import { type Channel, deleteChannel, listChannels, putChannel, testChannel } from "@pratique/api";
import { NotifyError } from "@pratique/notify";
import type { StoredChannel } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { missing, refuseStale, type SetUp, stale } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { channelSecrets, secretsAfter, splitSettings } from "../notifications/channel-secrets.ts";
import { channelKindOf } from "../notifications/channel-shelf.ts";
import { describeTrial, describeUnopened } from "../notifications/channel-trial.ts";
import { nothingUndelivered, type Undelivered } from "../notifications/undelivered.ts";

type ChannelSettings = Channel["settings"];

/** Where notifications can go. */
export function bindChannels(binder: Binder, { store, sealer, notifier, now }: Context): void {
  const { channels } = store.settings;

  const find = async (id: string): Promise<StoredChannel> => {
    const channel = await channels.find(id);
    if (channel !== undefined) return channel;
    throw missing(channelNamed(id));
  };

  binder.bind(listChannels, async () => {
    const undelivered = await notifier.undelivered();
    return {
      items: (await channels.list()).map((channel) => entryOf(channel, undelivered.get(channel.id))),
    };
  });

  binder.bind(putChannel, async ({ params, body, revision }) => {
    const { kind, name, enabled } = body;
    const id = params.channel;
    const before = await channels.find(id);
    refuseStale(channelNamed(id), { before, revision });
    const given = splitSettings(channelKindOf(kind), body.settings);
    const secrets =
      before === undefined
        ? secretsAfter(given, { kind, open: {}, secrets: {} }, kind)
        : secretsAfter(
            given,
            { kind: before.kind, open: before.settings, secrets: await channelSecrets.open(sealer, before) },
            kind,
          );
    const channel: StoredChannel = {
      id,
      kind,
      name,
      enabled,
      settings: given.open,
      sealedSecrets: await channelSecrets.seal(sealer, id, secrets),
      secretNames: Object.keys(secrets).sort(),
      revision: "",
      lastDeliveryAt: null,
      lastError: null,
    };
    await refuseInvalid(() => notifier.check(channel));
    if (!(await channels.put(channel, revision))) throw stale(channelNamed(id), revision);
    return entryOf(await find(id), (await notifier.undelivered()).get(id));
  });

  binder.bind(deleteChannel, async ({ params }) => {
    if (!(await channels.remove(params.channel))) throw missing(channelNamed(params.channel));
    return undefined;
  });

  binder.bind(testChannel, async ({ params }) => {
    const channel = await find(params.channel);
    try {
      const test = await notifier.test(channel);
      // A trial is a delivery as any other: what was mended is no longer told of as failing.
      await channels.note(
        channel.id,
        test.ok ? { at: new Date(now()).toISOString() } : { error: test.error.message },
      );
      return describeTrial(test);
    } catch (thrown) {
      if (!(thrown instanceof NotifyError)) throw thrown;
      return describeUnopened(thrown.message);
    }
  });
}

/** A library's word on settings is the caller's business. */
async function refuseInvalid(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (thrown) {
    if (!(thrown instanceof NotifyError)) throw thrown;
    throw new ServerError("SETTINGS_INVALID", thrown.message, { cause: thrown });
  }
}

function channelNamed(id: string): SetUp {
  return { kind: "channel", parameter: "channel", id };
}

function entryOf(channel: StoredChannel, undelivered: Undelivered = nothingUndelivered): Channel {
  const { id, kind, name, enabled, settings, secretNames, revision, lastDeliveryAt, lastError } = channel;
  const { waiting, givenUp, lastGivenUp } = undelivered;
  return {
    id,
    kind: putChannel.body.shape.kind.parse(kind),
    name,
    enabled,
    // They were checked before they were stored.
    settings: settings as ChannelSettings,
    secrets: [...secretNames],
    revision,
    lastDeliveryAt,
    lastError,
    waiting,
    givenUp,
    lastGivenUpAt: lastGivenUp === undefined ? null : new Date(lastGivenUp.atMs).toISOString(),
    lastGivenUpError: lastGivenUp?.message ?? null,
  };
}
