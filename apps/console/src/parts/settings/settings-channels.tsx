import { Button, Label } from "@patternfly/react-core";
import { type Channel, deleteChannel, listChannels } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { formatCount } from "../../text/format.ts";
import { CsvAbove } from "../lists/csv-above.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { ChannelForm, channelKinds } from "./settings-channel-form.tsx";
import { ChannelTrial } from "./settings-channel-trial.tsx";
import { SettingsRemove } from "./settings-remove.tsx";

const columns: readonly Column<Channel>[] = [
  {
    label: "Channel",
    cell: ({ name, id }) => (
      <>
        <span className="strong">{name}</span>
        <div className="subtle">{id}</div>
      </>
    ),
  },
  { label: "Kind", cell: ({ kind }) => channelKinds[kind] },
  { label: "State", cell: (channel) => <State channel={channel} /> },
  {
    label: "Last delivered",
    cell: ({ lastDeliveryAt }) =>
      lastDeliveryAt === null ? (
        <span className="subtle">never</span>
      ) : (
        <RelativeTime time={lastDeliveryAt} />
      ),
  },
];

/** Where notifications can go. */
export function ChannelsSection() {
  const channels = useQuery(readQuery(listChannels));
  const mayWrite = useMay()("settings.write") !== undefined;
  const [makes, setMakes] = useState(false);
  const [edited, setEdited] = useState<Channel>();
  const [tried, setTried] = useState<Channel>();
  const actions: Column<Channel> = {
    label: "Actions",
    cell: (channel) => (
      <span className="label-row">
        <Button variant="secondary" size="sm" onClick={() => setTried(channel)}>
          Try it
        </Button>
        <Button variant="secondary" size="sm" onClick={() => setEdited(channel)}>
          Change
        </Button>
        <SettingsRemove
          endpoint={deleteChannel}
          params={{ channel: channel.id }}
          changes={[listChannels]}
          name={channel.name}
          effect="Nothing goes there any more, what waits included."
        />
      </span>
    ),
  };
  return (
    <SettingsCard title="Channels" add={{ label: "New channel", onAdd: () => setMakes(true) }}>
      <Read query={channels} what="channels">
        {({ items }) =>
          items.length === 0 ? (
            <p>
              Nobody is told of anything yet. Add a channel, try it, and say under Routing what goes there.
            </p>
          ) : (
            <CsvAbove endpoint={listChannels} fileName="channels">
              <ListTable
                label="Channels"
                columns={mayWrite ? [...columns, actions] : columns}
                items={items}
                keyOf={({ id }) => id}
              />
            </CsvAbove>
          )
        }
      </Read>
      {makes && <ChannelForm onClose={() => setMakes(false)} />}
      {edited !== undefined && <ChannelForm channel={edited} onClose={() => setEdited(undefined)} />}
      {tried !== undefined && <ChannelTrial channel={tried} onClose={() => setTried(undefined)} />}
    </SettingsCard>
  );
}

function State({ channel }: { readonly channel: Channel }) {
  const { enabled, lastError, waiting } = channel;
  const failing = lastError !== null;
  return (
    <>
      <span className="label-row">
        <Label
          isCompact
          {...(enabled ? { status: failing ? ("danger" as const) : ("success" as const) } : {})}
        >
          {enabled ? (failing ? "Failing" : "Switched on") : "Switched off"}
        </Label>
        {waiting > 0 && (
          <Label isCompact status="warning">
            {`${formatCount(waiting, "message")} waiting`}
          </Label>
        )}
      </span>
      {failing && <div className="subtle break">{lastError}</div>}
      <GivenUp channel={channel} />
    </>
  );
}

/** What nobody was told, and will not be. It stays so after the channel is mended, and is said then as well. */
function GivenUp({ channel }: { readonly channel: Channel }) {
  const { givenUp, lastGivenUpAt, lastGivenUpError, lastError } = channel;
  if (givenUp === 0) return null;
  return (
    <div className="subtle break">
      <span className="alarm">{`${formatCount(givenUp, "message")} not delivered, and not tried again`}</span>
      {lastGivenUpAt !== null && (
        <>
          {", the last "}
          <RelativeTime time={lastGivenUpAt} />
        </>
      )}
      {lastGivenUpError !== null && lastGivenUpError !== lastError && `: ${lastGivenUpError}`}.{" "}
      {lastError !== null && "Change what is wrong and try it, so that the next ones arrive. "}
      What they told of is still to be read in this console.
    </div>
  );
}
