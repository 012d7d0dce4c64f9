import { Grid, GridItem, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { type ReplyOf, showProfile } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { PriorityLabel } from "../parts/detections/priority-label.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../parts/lists/list-filters.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { Scroller } from "../parts/lists/scroller.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { ProfileDecide } from "../parts/profiles/profile-decide.tsx";
import { ProfileExport } from "../parts/profiles/profile-export.tsx";
import { GoesOn, ModeLabel } from "../parts/profiles/profile-labels.tsx";
import { ProfileMode } from "../parts/profiles/profile-mode.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { NothingFits } from "../parts/states.tsx";
import { type ListAddress, useAddressChange } from "../parts/use-address.ts";
import { csvRows } from "../text/csv.ts";
import { formatCount, shortDigest } from "../text/format.ts";
import { itemKindOptions, itemKinds, profileName, spanWords } from "../text/profile-words.ts";

type ProfileView = ReplyOf<typeof showProfile>;
type LearnedItem = ProfileView["learned"][number];
type OpenItem = ProfileView["open"][number];
type WithheldItem = ProfileView["withheldItems"][number];
type Decision = ProfileView["decisions"][number];

const route = getRouteApi("/app/profiles/$host/$image");
const parent = { to: "/profiles", label: "Profiles" } as const;
/** Agents tell of what they learn every half minute. */
const LOOK_AGAIN_MS = 15_000;

/** What a host learned of an image: how far it is, what is new, what is known, and what can be made of it. */
export function ProfilePage() {
  const { host, image } = route.useParams();
  const address = route.useSearch();
  const profile = useQuery({
    ...readQuery(showProfile, { params: { host, image } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <>
      <PageHead
        title={profile.data === undefined ? shortDigest(image) : profileName(profile.data)}
        parent={parent}
        lead={
          <>
            as{" "}
            <Link to="/hosts/$host" params={{ host }}>
              {host}
            </Link>{" "}
            learned it
          </>
        }
        actions={profile.data !== undefined && <ProfileMode profile={profile.data} />}
      />
      <PageSection isFilled>
        <Read query={profile} what="the profile">
          {(known) => <Parts profile={known} address={address} />}
        </Read>
      </PageSection>
    </>
  );
}

function Parts({ profile, address }: { readonly profile: ProfileView; readonly address: ListAddress }) {
  return (
    <Grid hasGutter>
      <GridItem xl={4}>
        <Section title="Profile">
          <State profile={profile} />
        </Section>
      </GridItem>
      <GridItem xl={8}>
        <Section title="New">
          <Open profile={profile} />
        </Section>
      </GridItem>
      {profile.withheldItems.length > 0 && (
        <GridItem span={12}>
          <Section title="Withheld">
            <Withheld profile={profile} />
          </Section>
        </GridItem>
      )}
      <GridItem xl={7}>
        <Section title="Known">
          <Known profile={profile} address={address} />
        </Section>
      </GridItem>
      <GridItem xl={5}>
        <Section title="Run it so">
          <ProfileExport profile={profile} />
        </Section>
      </GridItem>
      {profile.decisions.length > 0 && (
        <GridItem span={12}>
          <Section title="Decisions">
            <CsvHere fileName="decisions" rows={csvRows(profile.decisions, decisionCells)}>
              <ListTable
                label="Decisions"
                columns={decisionColumns}
                items={profile.decisions}
                keyOf={({ name, at }) => `${name} ${at}`}
              />
            </CsvHere>
          </Section>
        </GridItem>
      )}
    </Grid>
  );
}

function State({ profile }: { readonly profile: ProfileView }) {
  const { image, names, mode, since, settings, openKinds, lastEventAt, takenAt, known } = profile;
  return (
    <Facts label="Profile">
      <Fact term="Mode">
        <ModeLabel mode={mode} />
        {since !== null && (
          <span className="subtle">
            {" "}
            since <RelativeTime time={since} />
          </span>
        )}
        <div>
          <GoesOn profile={profile} />
        </div>
      </Fact>
      <Fact term="Times">
        {`learns ${spanWords(settings.learnMs)}, watches ${spanWords(settings.watchMs)}, then ${settings.afterWatch === "enforce" ? "enforces" : "waits for a person"}`}
      </Fact>
      <Fact term="Image">
        <Link to="/images/$imageId" params={{ imageId: image }}>
          <code>{shortDigest(image)}</code>
        </Link>
        {names.map((name) => (
          <div key={name} className="subtle break">
            {name}
          </div>
        ))}
      </Fact>
      <Fact term="Known">{formatCount(known, "item")}</Fact>
      {openKinds.length > 0 && (
        <Fact term="Too much of">{openKinds.map((kind) => itemKinds[kind].toLowerCase()).join(", ")}</Fact>
      )}
      <Fact term="Last event">
        {lastEventAt === null ? (
          <span className="subtle">none since the agent started</span>
        ) : (
          <RelativeTime time={lastEventAt} />
        )}
      </Fact>
      <Fact term="Told">
        <RelativeTime time={takenAt} />
      </Fact>
    </Facts>
  );
}

function Open({ profile }: { readonly profile: ProfileView }) {
  const { open, mode } = profile;
  if (open.length === 0) {
    return (
      <p className="subtle">
        {mode === "learn"
          ? "While it learns, only what was rejected is told."
          : "Nothing is new that nobody has said yes or no to."}
      </p>
    );
  }
  const columns: readonly Column<OpenItem>[] = [
    {
      label: "What",
      cell: ({ name, text }) => (
        <>
          <code className="break">{name}</code>
          <div className="subtle break">{text}</div>
        </>
      ),
    },
    { label: "Priority", cell: ({ priority }) => <PriorityLabel priority={priority} /> },
    { label: "Times", isNumber: true, cell: ({ times }) => times.toLocaleString("en") },
    { label: "Last", cell: ({ lastAt }) => <RelativeTime time={lastAt} /> },
    { label: "Decide", cell: ({ name }) => <ProfileDecide profile={profile} item={name} /> },
  ];
  return (
    <CsvHere
      fileName="deviations"
      rows={[
        ["name", "text", "priority", "times", "first", "last"],
        ...open.map(({ name, text, priority, times, firstAt, lastAt }) => [
          name,
          text,
          priority,
          times,
          firstAt,
          lastAt,
        ]),
      ]}
    >
      <ListTable label="New" columns={columns} items={open} keyOf={({ name }) => name} />
    </CsvHere>
  );
}

const withheldCells = {
  name: ({ name }: WithheldItem) => name,
  rule: ({ rule }: WithheldItem) => rule,
  lastAt: ({ lastAt }: WithheldItem) => lastAt,
};

function Withheld({ profile }: { readonly profile: ProfileView }) {
  const columns: readonly Column<WithheldItem>[] = [
    { label: "What", cell: ({ name }) => <code className="break">{name}</code> },
    { label: "Since a rule matched", cell: ({ rule }) => <span className="break">{rule}</span> },
    { label: "Last", cell: ({ lastAt }) => <RelativeTime time={lastAt} /> },
    { label: "Decide", cell: ({ name }) => <ProfileDecide profile={profile} item={name} /> },
  ];
  return (
    <CsvHere fileName="withheld" rows={csvRows(profile.withheldItems, withheldCells)}>
      <ListTable
        label="Withheld"
        columns={columns}
        items={profile.withheldItems}
        keyOf={({ name }) => name}
      />
    </CsvHere>
  );
}

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find what is known" },
  { kind: "choice", name: "kind", label: "Kind", anyText: "Any kind", options: itemKindOptions },
];

const columns: readonly Column<LearnedItem>[] = [
  { label: "Kind", cell: ({ kind }) => itemKinds[kind] },
  {
    label: "What",
    cell: ({ name, text }) => (
      <>
        <span className="break">{text}</span>
        <div className="subtle">
          <code className="break">{name}</code>
        </div>
      </>
    ),
  },
  { label: "First", cell: ({ firstAt }) => <RelativeTime time={firstAt} /> },
  { label: "Last", cell: ({ lastAt }) => <RelativeTime time={lastAt} /> },
];

function Known({ profile, address }: { readonly profile: ProfileView; readonly address: ListAddress }) {
  const change = useAddressChange();
  const { text = "", kind } = address;
  if (profile.learned.length === 0) {
    return <p className="subtle">Nothing yet: what is seen waits for ten minutes before it is learned.</p>;
  }
  const order = Object.keys(itemKinds);
  const shown = profile.learned
    .filter((item) => kind === undefined || item.kind === kind)
    .filter((item) => `${item.name} ${item.text}`.toLowerCase().includes(text.toLowerCase()))
    .toSorted((left, right) => order.indexOf(left.kind) - order.indexOf(right.kind));
  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ListFilters filters={filters} address={address} onChange={change} />
        </ToolbarContent>
      </Toolbar>
      {shown.length === 0 ? (
        <NothingFits onClear={() => change({ text: undefined, kind: undefined })} />
      ) : (
        <CsvHere
          fileName="what-is-known"
          rows={[
            ["kind", "name", "text", "first", "last"],
            ...shown.map((item) => [item.kind, item.name, item.text, item.firstAt, item.lastAt]),
          ]}
        >
          <Scroller label="What is known, scrolled">
            <ListTable label="Known" columns={columns} items={shown} keyOf={({ name }) => name} />
          </Scroller>
        </CsvHere>
      )}
    </>
  );
}

const decisionColumns: readonly Column<Decision>[] = [
  { label: "What", cell: ({ name }) => <code className="break">{name}</code> },
  { label: "Said", cell: ({ verdict }) => (verdict === "accepted" ? "Accepted" : "Rejected") },
  { label: "By", cell: ({ by }) => <span className="break">{by}</span> },
  { label: "When", cell: ({ at }) => <RelativeTime time={at} /> },
];

const decisionCells = {
  name: ({ name }: Decision) => name,
  verdict: ({ verdict }: Decision) => verdict,
  by: ({ by }: Decision) => by,
  at: ({ at }: Decision) => at,
};
