import { PageSection } from "@patternfly/react-core";
import { listProfiles, type ProfileEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { readQuery } from "../api/queries.ts";
import { Alert } from "../parts/alert.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import type { Column } from "../parts/lists/list-table.tsx";
import { GoesOn, ModeLabel, modeOptions } from "../parts/profiles/profile-labels.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Empty } from "../parts/states.tsx";
import { formatCount, shortDigest } from "../text/format.ts";
import { profileName } from "../text/profile-words.ts";

const route = getRouteApi("/app/profiles");
const source = listSource(listProfiles);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find profiles" },
  { kind: "choice", name: "mode", label: "Mode", anyText: "Any mode", options: modeOptions },
  {
    kind: "choice",
    name: "deviations",
    label: "Deviations",
    anyText: "New or not",
    options: [
      { value: "true", text: "With something new" },
      { value: "false", text: "With nothing new" },
    ],
  },
  { kind: "given", name: "host", label: "Host" },
  { kind: "given", name: "imageId", label: "Image", show: shortDigest },
];

const columns: readonly Column<ProfileEntry>[] = [
  {
    label: "Image",
    cell: (profile) => (
      <>
        <Link
          to="/profiles/$host/$image"
          params={{ host: profile.host, image: profile.image }}
          className="strong break"
        >
          {profileName(profile)}
        </Link>
        <div className="subtle">
          <code>{shortDigest(profile.image)}</code>
        </div>
      </>
    ),
  },
  {
    label: "Host",
    cell: ({ host }) => (
      <Link to="/hosts/$host" params={{ host }} className="break">
        {host}
      </Link>
    ),
  },
  {
    label: "Mode",
    cell: (profile) => (
      <>
        <ModeLabel mode={profile.mode} />
        <div>
          <GoesOn profile={profile} />
        </div>
      </>
    ),
  },
  {
    label: "New",
    isNumber: true,
    cell: ({ deviations }) => <Alarming count={deviations} />,
    info: "Deviations to which nobody has said yes or no",
  },
  {
    label: "Withheld",
    isNumber: true,
    cell: ({ withheld }) => <Alarming count={withheld} />,
    info: "What was not learned, since a rule matched whoever did it",
  },
  {
    label: "Known",
    isNumber: true,
    cell: ({ known, openKinds }) => (
      <>
        {known.toLocaleString("en")}
        {openKinds.length > 0 && <div className="subtle break">{`too much of: ${openKinds.join(", ")}`}</div>}
      </>
    ),
  },
  {
    label: "Last seen",
    cell: ({ lastEventAt }) =>
      lastEventAt === null ? <span className="subtle">not lately</span> : <RelativeTime time={lastEventAt} />,
  },
];

/** What hosts learned of images, and how far that is. */
export function ProfilesPage() {
  return (
    <ListPage
      label="Profiles"
      lead="What containers of an image do, as each host learned it, and what is new"
      source={source}
      address={route.useSearch()}
      columns={columns}
      filters={filters}
      keyOf={({ host, image }) => `${host} ${image}`}
      above={<LeftOut />}
      empty={
        <Empty title="No host has learned anything yet" command="pratique profile list">
          An agent learns what containers do from the first one on, unless runtime.learning is off. This lists
          on a host what it knows.
        </Empty>
      }
    />
  );
}

/** What is not learned is said, too. */
function LeftOut() {
  const { data } = useQuery(readQuery(listProfiles, { query: { limit: 25 } }));
  if (data === undefined || data.leftOut === 0) return null;
  return (
    <PageSection>
      <Alert
        isInline
        variant="warning"
        component="p"
        title={`Of ${formatCount(data.leftOut, "image")} nothing is learned: their hosts have no place for more profiles`}
      />
    </PageSection>
  );
}

function Alarming({ count }: { readonly count: number }) {
  return count === 0 ? (
    <span className="subtle">none</span>
  ) : (
    <span className="alarm">{count.toLocaleString("en")}</span>
  );
}
