import { Grid, GridItem, PageSection, Title } from "@patternfly/react-core";
import type { Overview } from "@pratique/api";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { hostQuery, imagesQuery, launchesQuery, overviewQuery } from "../api/queries.ts";
import { HostAlerts, HostFacts } from "../parts/host-facts.tsx";
import { ImageTable } from "../parts/image-table.tsx";
import { LaunchChart, LaunchLegend } from "../parts/launch-chart.tsx";
import { LaunchTable } from "../parts/launch-table.tsx";
import { Read } from "../parts/read.tsx";
import { Section } from "../parts/section.tsx";
import { SeverityChart } from "../parts/severity-chart.tsx";
import { Empty } from "../parts/states.tsx";
import { formatCount } from "../text/format.ts";

const SHOWN = 6;

/** The first page: images and their findings, launches and their verdicts, and the host. */
export function OverviewPage() {
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">Overview</Title>
      </PageSection>
      <PageSection isFilled>
        <HostWarnings />
        <Grid hasGutter>
          <Sums />
          <GridItem span={12}>
            <LatestLaunches />
          </GridItem>
          <GridItem span={12}>
            <WorstImages />
          </GridItem>
        </Grid>
      </PageSection>
    </>
  );
}

function HostWarnings() {
  const host = useQuery(hostQuery);
  return host.data === undefined ? null : <HostAlerts host={host.data} />;
}

function Sums() {
  const overview = useQuery(overviewQuery);
  const host = useQuery(hostQuery);
  return (
    <>
      <GridItem md={6} xl={4}>
        <Section title="Images by worst finding">
          <Read query={overview} what="the sums">
            {({ images }) => (
              <>
                <SeverityChart images={images} />
                <p className="subtle">{imagesText(images)}</p>
              </>
            )}
          </Read>
        </Section>
      </GridItem>
      <GridItem md={6} xl={4}>
        <Section title="Launches, last 24 hours">
          <Read query={overview} what="the sums">
            {({ hours, launches }) => (
              <>
                <LaunchChart hours={hours} />
                <LaunchLegend launches={launches} />
              </>
            )}
          </Read>
        </Section>
      </GridItem>
      <GridItem md={12} xl={4}>
        <Section title="Host" aside={<Link to="/host">Details</Link>}>
          <Read query={host} what="the host">
            {(known) => <HostFacts host={known} brief />}
          </Read>
        </Section>
      </GridItem>
    </>
  );
}

function imagesText({ total, notAssessed }: Overview["images"]): string {
  const words = formatCount(total, "image");
  return notAssessed > 0 ? `${words}, ${notAssessed} of them not fully assessed` : words;
}

function LatestLaunches() {
  const launches = useInfiniteQuery(launchesQuery({}, SHOWN));
  return (
    <Section title="Latest launches" aside={<Link to="/launches">All launches</Link>}>
      <Read query={launches} what="launches">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Empty title="Nothing was launched yet" command="docker run --rm alpine:3.20 true">
              Every launch on this host is judged and shown here, with the reasons.
            </Empty>
          ) : (
            <LaunchTable launches={items} />
          );
        }}
      </Read>
    </Section>
  );
}

function WorstImages() {
  const images = useInfiniteQuery(imagesQuery({}, SHOWN));
  return (
    <Section title="Images, worst first" aside={<Link to="/images">All images</Link>}>
      <Read query={images} what="images">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Empty title="No image was scanned yet" command="pratique image scan nginx:1.27">
              Images are scanned when they are launched, or when you ask for it.
            </Empty>
          ) : (
            <ImageTable images={items} />
          );
        }}
      </Read>
    </Section>
  );
}
