import { Grid, GridItem, PageSection } from "@patternfly/react-core";
import {
  listImages,
  listLaunches,
  listNewlyAffected,
  type Overview,
  showAttention,
  showOverview,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ListSource, listQuery, listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { imageColumns } from "../parts/images/image-columns.tsx";
import { launchColumns } from "../parts/launches/launch-columns.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { AttentionList } from "../parts/overview/attention-list.tsx";
import { Figures } from "../parts/overview/figures.tsx";
import { FirstSteps } from "../parts/overview/first-steps.tsx";
import { FindingsChart, RefusalsChart } from "../parts/overview/overview-charts.tsx";
import { OverviewDetections } from "../parts/overview/overview-detections.tsx";
import { OverviewNewlyAffected } from "../parts/overview/overview-newly-affected.tsx";
import { SeverityChart } from "../parts/overview/severity-chart.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { Section } from "../parts/section.tsx";
import { Empty } from "../parts/states.tsx";
import { formatCount } from "../text/format.ts";

const SHOWN = 6;
const NEWLY_SHOWN = 5;
/** What has fallen silent sends no event to say so. */
const LOOK_AGAIN_MS = 30_000;

const denied = listSource(listLaunches, { query: { outcome: "denied" } });
const images = listSource(listImages);
const newlyAffected = listSource(listNewlyAffected);

/** The first page: what needs a person, what is newly affected, how the fleet stands, and what was refused. */
export function OverviewPage() {
  const may = useMay();
  return (
    <>
      <PageHead title="Overview" />
      <PageSection isFilled>
        <Grid hasGutter>
          <Today />
          {may("overview.read") !== undefined && <Sums />}
          {may("detections.read") !== undefined && (
            <GridItem span={12}>
              <OverviewDetections />
            </GridItem>
          )}
          {may("launches.read") !== undefined && (
            <GridItem span={12}>
              <LatestRefusals />
            </GridItem>
          )}
          {may("images.read") !== undefined && (
            <GridItem span={12}>
              <WorstImages />
            </GridItem>
          )}
        </Grid>
      </PageSection>
    </>
  );
}

/** What somebody who opens the page comes for, beside each other where there is room. */
function Today() {
  const may = useMay();
  const [maySums, mayFindings] = [may("overview.read") !== undefined, may("findings.read") !== undefined];
  const attention = useQuery({
    ...readQuery(showAttention),
    refetchInterval: LOOK_AGAIN_MS,
    enabled: maySums,
  });
  const overview = useQuery({ ...readQuery(showOverview), enabled: maySums });
  const newly = useQuery({ ...listQuery(newlyAffected, { limit: NEWLY_SHOWN }), enabled: mayFindings });
  // There is no need to tell that nothing new is known.
  const page = newly.data !== undefined && newly.data.items.length > 0 ? newly.data : undefined;
  // Where there are hosts, what they need comes before what is still to be set up.
  const isUnwatched = overview.data?.hosts.total === 0;
  return (
    <>
      {isUnwatched && <FirstSteps />}
      {maySums && (
        <GridItem span={12} {...(page !== undefined && { xl: 5 })}>
          <Section title="Needs a person today">
            <Read query={attention} what="what needs a person">
              {({ items }) => <AttentionList items={items} isUnwatched={isUnwatched} />}
            </Read>
          </Section>
        </GridItem>
      )}
      {page !== undefined && (
        <GridItem span={12} {...(maySums && { xl: 7 })}>
          <OverviewNewlyAffected page={page} />
        </GridItem>
      )}
      {maySums && !isUnwatched && <FirstSteps />}
    </>
  );
}

function Sums() {
  const overview = useQuery(readQuery(showOverview));
  const mayFindings = useMay()("findings.read") !== undefined;
  return (
    <>
      <GridItem span={12}>
        <Read query={overview} what="the sums">
          {(known) => <Figures overview={known} />}
        </Read>
      </GridItem>
      {mayFindings && (
        <GridItem md={12} xl={4}>
          <Section title="Findings, last 30 days" aside={<Link to="/findings">All findings</Link>}>
            <FindingsChart />
          </Section>
        </GridItem>
      )}
      <GridItem md={6} xl={4}>
        <Section title="Refusals, last 24 hours">
          <Read query={overview} what="the refusals">
            {(known) => <RefusalsChart overview={known} />}
          </Read>
        </Section>
      </GridItem>
      <GridItem md={6} xl={4}>
        <Section title="Images by worst finding">
          <Read query={overview} what="the images">
            {(known) => (
              <>
                <SeverityChart images={known.images} />
                <p className="subtle">{imagesText(known.images)}</p>
              </>
            )}
          </Read>
        </Section>
      </GridItem>
    </>
  );
}

function imagesText({ total, notAssessed }: Overview["images"]): string {
  const words = formatCount(total, "image");
  return notAssessed > 0 ? `${words}, ${notAssessed.toLocaleString("en")} of them not fully assessed` : words;
}

function LatestRefusals() {
  return (
    <Section title="Latest refusals" aside={<Link to="/launches">All launches</Link>}>
      <First
        label="Launches"
        source={denied}
        columns={launchColumns}
        keyOf={({ id }) => id}
        empty={
          <Empty title="Nothing was refused yet" command="docker run --rm --privileged alpine:3.20 true">
            A launch that breaks a rule is refused and shown here, with the reasons.
          </Empty>
        }
      />
    </Section>
  );
}

function WorstImages() {
  return (
    <Section title="Images, worst first" aside={<Link to="/images">All images</Link>}>
      <First
        label="Images"
        source={images}
        columns={imageColumns}
        keyOf={({ imageId }) => imageId}
        empty={
          <Empty title="No image was scanned yet">
            A host that is watched scans each image that it has or gets; registries are scanned as well.
          </Empty>
        }
      />
    </Section>
  );
}

interface FirstProps<Item> {
  readonly label: string;
  readonly source: ListSource<Item>;
  readonly columns: readonly Column<Item>[];
  readonly keyOf: (item: Item) => string;
  readonly empty: React.ReactNode;
}

/** The first rows of a list. */
function First<Item>({ label, source, columns, keyOf, empty }: FirstProps<Item>) {
  const page = useQuery(listQuery(source, { limit: SHOWN }));
  return (
    <Read query={page} what={label.toLowerCase()}>
      {({ items }) =>
        items.length === 0 ? empty : <ListTable label={label} columns={columns} items={items} keyOf={keyOf} />
      }
    </Read>
  );
}
