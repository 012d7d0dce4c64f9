import { EmptyState, EmptyStateBody, Grid, GridItem, PageSection } from "@patternfly/react-core";
import { type AuditEntry, listAuditEntries } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { actorName, DecisionLabel, ErasedNote, StageLabel } from "../parts/audit/audit-labels.tsx";
import { AuditVerification } from "../parts/audit/audit-verification.tsx";
import { DocumentDiff } from "../parts/documents/document-diff.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { JsonFacts } from "../parts/json-facts.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { auditActionWords } from "../text/audit-action.ts";

const route = getRouteApi("/app/audit/$index");
const parent = { to: "/audit", label: "Audit" } as const;
/** As many as a page of the server holds. */
const MOST = 200;
/** The other half of a call stands this close to it. */
const NEAR_MS = 600_000;

/** One entry of the log: what it says, its other half, and the proof that it is there. */
export function AuditEntryPage() {
  const { index } = route.useParams();
  const { at } = route.useSearch();
  // Entries are found by their time, which stands in the link; without it, among the newest.
  const moment = at === undefined ? {} : { from: at, to: at };
  const found = useQuery(readQuery(listAuditEntries, { query: { ...moment, limit: MOST } }));
  const entry = found.data?.items.find((item) => String(item.index) === index);
  return (
    <>
      <PageHead
        title={entry === undefined ? "Entry" : auditActionWords(entry.action)}
        parent={parent}
        lead={`Entry ${index} of the log${entry === undefined ? "" : `, ${entry.action}`}`}
      />
      <PageSection isFilled>
        <Read query={found} what="the entry">
          {() => (entry === undefined ? <NotFound index={index} /> : <Detail entry={entry} />)}
        </Read>
      </PageSection>
    </>
  );
}

function NotFound({ index }: { readonly index: string }) {
  return (
    <EmptyState variant="sm" titleText="The entry was not found" headingLevel="h2">
      <EmptyStateBody>
        Entry {index} is not among those of the time that the address names.{" "}
        <Link to="/audit">Look for it</Link>.
      </EmptyStateBody>
    </EmptyState>
  );
}

function Detail({ entry }: { readonly entry: AuditEntry }) {
  return (
    <Grid hasGutter>
      <GridItem xl={6}>
        <Section title="Entry" aside={<StageLabel entry={entry} />}>
          <EntryFacts entry={entry} />
        </Section>
      </GridItem>
      <GridItem xl={6}>
        <Section title="Proof">
          <AuditVerification key={entry.index} entry={entry} />
        </Section>
      </GridItem>
      {entry.call !== null && (
        <GridItem span={12}>
          <Section title="The whole call">
            <Call entry={entry} callId={entry.call} />
          </Section>
        </GridItem>
      )}
      {textIn(entry) !== undefined && entry.subject !== null && (
        <GridItem span={12}>
          <Section title="What it changed">
            <Change entry={entry} subject={entry.subject.id} />
          </Section>
        </GridItem>
      )}
      <GridItem span={12}>
        <Section title="Exactly what was hashed">
          <code className="break">{entry.text}</code>
        </Section>
      </GridItem>
    </Grid>
  );
}

function EntryFacts({ entry }: { readonly entry: AuditEntry }) {
  const { actor, subject, rule, data } = entry;
  return (
    <Facts label="Entry">
      <Fact term="Time">
        {entry.time} (<RelativeTime time={entry.time} />)
      </Fact>
      <Fact term="Class">{entry.class}</Fact>
      <Fact term="Actor">
        <Link to="/audit" search={{ actor: actor.id }}>
          {actorName(entry)}
        </Link>{" "}
        <span className="subtle">
          {actor.kind} by {actor.method}
          {actor.address !== null && `, from ${actor.address}`}
        </span>{" "}
        <ErasedNote entry={entry} />
      </Fact>
      {subject !== null && (
        <Fact term="Subject">
          {subject.kind}{" "}
          <Link to="/audit" search={{ subject: subject.id }} className="break">
            {subject.id}
          </Link>
        </Fact>
      )}
      {entry.decision !== null && (
        <Fact term="Decision">
          <DecisionLabel decision={entry.decision} />{" "}
          {rule !== null && <span className="subtle">{rule}</span>}
        </Fact>
      )}
      {entry.outcome !== null && <Fact term="Outcome">{entry.outcome}</Fact>}
      <JsonFacts values={data} />
      <Fact term="Leaf hash">
        <code className="break">{entry.leafHash}</code>
      </Fact>
    </Facts>
  );
}

/** The document of a change, where it is one. */
function textIn({ data: { text, replaces } }: AuditEntry): string | undefined {
  return typeof text === "string" && typeof replaces === "string" ? text : undefined;
}

/** A document beside the one that was there before: the one of the last change of the same thing that was done. */
function Change({ entry, subject }: { readonly entry: AuditEntry; readonly subject: string }) {
  const query = { class: entry.class, subject, to: entry.time, limit: MOST };
  const earlier = useQuery(readQuery(listAuditEntries, { query }));
  const after = textIn(entry) ?? "";
  if (entry.data.replaces === "new") return <DocumentDiff label="What is new" before="" after={after} />;
  return (
    <Read query={earlier} what="what was there before">
      {({ items }) => {
        const before = items
          .filter(({ action, outcome, index }) => {
            return action === entry.action && outcome === "success" && index < entry.index;
          })
          .find(({ call }) => call !== entry.call);
        const text = before === undefined ? undefined : textIn(before);
        return before === undefined || text === undefined ? (
          <p className="subtle">What was there before is not among the entries of the log that are near.</p>
        ) : (
          <>
            <p>
              <Link to="/audit/$index" params={{ index: String(before.index) }} search={{ at: before.time }}>
                {`Entry ${before.index.toLocaleString("en")}`}
              </Link>{" "}
              tells what was there before:
            </p>
            <DocumentDiff label="What was there before, and what is now" before={text} after={after} />
          </>
        );
      }}
    </Read>
  );
}

/** The entries of one call: what was about to happen, and what came of it. */
function Call({ entry, callId }: { readonly entry: AuditEntry; readonly callId: string }) {
  const time = Date.parse(entry.time);
  const query = {
    actor: entry.actor.id,
    from: new Date(time - NEAR_MS).toISOString(),
    to: new Date(time + NEAR_MS).toISOString(),
    limit: MOST,
  };
  const near = useQuery(readQuery(listAuditEntries, { query }));
  return (
    <Read query={near} what="the call">
      {({ items }) => {
        const halves = items
          .filter(({ call }) => call === callId)
          .toSorted((left, right) => left.index - right.index);
        const ended = halves.some(({ stage }) => stage === "outcome");
        return (
          <Facts label="The whole call">
            {halves.map((half) => (
              <Fact key={half.index} term={half.stage === "intent" ? "Was about to happen" : "Came of it"}>
                <Link to="/audit/$index" params={{ index: String(half.index) }} search={{ at: half.time }}>
                  {`Entry ${half.index.toLocaleString("en")}`}
                </Link>
                {half.outcome !== null && `: ${half.outcome}`}{" "}
                <span className="subtle">
                  {half.time} <DecisionLabel decision={half.decision} />
                </span>
              </Fact>
            ))}
            {!ended && (
              <Fact term="Came of it">
                <span className="subtle">no outcome was recorded within ten minutes</span>
              </Fact>
            )}
          </Facts>
        );
      }}
    </Read>
  );
}
