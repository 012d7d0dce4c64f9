import { Grid, GridItem, PageSection } from "@patternfly/react-core";
import {
  type FleetStatistics,
  listStatisticsImages,
  type StatisticsGroup,
  showStatistics,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { Chart } from "../parts/charts/chart.tsx";
import { Definition } from "../parts/charts/definition.tsx";
import { Choice } from "../parts/choice.tsx";
import { CsvButton } from "../parts/lists/csv-button.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { Section } from "../parts/section.tsx";
import { Empty } from "../parts/states.tsx";
import { formatCount, formatTime } from "../text/format.ts";
import {
  COMMON_DEFINITION,
  DAYS_DEFINITION,
  type Dimension,
  dimensions,
  dimensionWords,
  inOrder,
  onlyMedium,
  percentOf,
} from "../text/statistics-words.ts";

const route = getRouteApi("/app/statistics");

/** So many bars stand beside one another; the table has all. */
const MAX_BARS = 12;

/** How many images have high and medium findings, by what they have in common and over time. */
export function StatisticsPage() {
  const { days = "30" } = route.useSearch();
  const statistics = useQuery(readQuery(showStatistics, { query: { days: Number(days) } }));
  return (
    <>
      <PageHead
        title="Statistics"
        lead="How many images have high and medium findings; every number can be counted again from the rows"
        actions={<CsvButton endpoint={listStatisticsImages} input={{}} fileName="statistics-images" />}
      />
      <PageSection isFilled>
        <Read query={statistics} what="the statistics">
          {(known) => (known.all.images === 0 ? <Nothing /> : <Charts known={known} />)}
        </Read>
      </PageSection>
    </>
  );
}

function Nothing() {
  return (
    <Empty title="No image was scanned yet" command="docker pull nginx:1.27">
      There is something to count as soon as one is: a host that is watched scans each that it gets.
    </Empty>
  );
}

function Charts({ known }: { readonly known: FleetStatistics }) {
  return (
    <Grid hasGutter>
      <GridItem span={12}>
        <Days known={known} />
      </GridItem>
      {dimensions.map((dimension) => (
        <GridItem key={dimension} xl2={6}>
          <Groups dimension={dimension} {...known.by[dimension]} />
        </GridItem>
      ))}
    </Grid>
  );
}

function Days({ known: { all, days, version, asOf } }: { readonly known: FleetStatistics }) {
  const { days: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const title = "Over time";
  return (
    <Section
      title={title}
      aside={
        <span className="label-row together">
          <Choice
            label="How far back"
            value={chosen}
            anyText="30 days"
            options={[
              { value: "90", text: "90 days" },
              { value: "365", text: "365 days" },
            ]}
            onChoose={(next) => void navigate({ search: { days: next }, replace: true })}
          />
          <Definition of={title} texts={[DAYS_DEFINITION, COMMON_DEFINITION]} />
        </span>
      }
    >
      <p>
        {`Of ${formatCount(all.judged, "image")} that could be assessed, ${percentOf(all.highShare)} have high findings and ${percentOf(all.mediumOrHighShare)} medium or high ones. `}
        <span className="subtle">{`Definitions, version ${version}; as of ${formatTime(asOf)}.`}</span>
      </p>
      <Chart
        label="Images with high and medium findings by day"
        kind={days.length === 1 ? "bars" : "areas"}
        points={days.map(({ day }) => day)}
        series={[
          { name: "high", color: "--severity-high", values: days.map(({ high }) => high) },
          { name: "medium at most", color: "--severity-medium", values: days.map(onlyMedium) },
          {
            name: "neither",
            color: "--severity-negligible",
            values: days.map(({ judged, mediumOrHigh }) => judged - mediumOrHigh),
          },
        ]}
      />
    </Section>
  );
}

interface GroupsProps {
  readonly dimension: Dimension;
  readonly groups: readonly StatisticsGroup[];
  readonly leftOut: number;
}

function Groups({ dimension, groups: counted, leftOut }: GroupsProps) {
  const { title, head, definition } = dimensionWords[dimension];
  const groups = inOrder(dimension, counted);
  const shown = groups.slice(0, MAX_BARS);
  return (
    <Section title={title} aside={<Definition of={title} texts={[definition, COMMON_DEFINITION]} />}>
      <Chart
        label={`Share of images with findings, ${title.toLowerCase()}`}
        kind="bars"
        unit="%"
        pointLabel={head}
        points={shown.map(({ key }) => key)}
        series={[
          {
            name: "high",
            color: "--severity-high",
            values: shown.map(({ high, judged }) => share(high, judged)),
          },
          {
            name: "medium at most",
            color: "--severity-medium",
            values: shown.map((group) => share(onlyMedium(group), group.judged)),
          },
        ]}
      />
      <div className="numbers">
        <ListTable label={title} columns={columnsOf(head)} items={groups} keyOf={({ key }) => key} />
      </div>
      {leftOut > 0 && <p className="subtle">{`${leftOut.toLocaleString("en")} more with fewer images.`}</p>}
    </Section>
  );
}

function columnsOf(head: string): readonly Column<StatisticsGroup>[] {
  return [
    { label: head, cell: ({ key }) => <span className="reference">{key}</span> },
    { label: "Images", isNumber: true, cell: ({ images }) => images.toLocaleString("en") },
    { label: "Assessed", isNumber: true, cell: ({ judged }) => judged.toLocaleString("en") },
    {
      label: "High",
      isNumber: true,
      cell: ({ high, highShare }) => <Figure count={high} share={highShare} />,
    },
    {
      label: "Medium or high",
      isNumber: true,
      cell: ({ mediumOrHigh, mediumOrHighShare }) => (
        <Figure count={mediumOrHigh} share={mediumOrHighShare} />
      ),
    },
  ];
}

/** A count, and which part of all that is. */
function Figure({ count, share: part }: { readonly count: number; readonly share: number | null }) {
  return <span className="nowrap">{`${count.toLocaleString("en")} (${percentOf(part)})`}</span>;
}

/** In percent, to one place. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
}
