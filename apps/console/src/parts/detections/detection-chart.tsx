import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { type ReplyOf, showDetectionTimeline } from "@pratique/api";
import { priorities } from "@pratique/core";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { type Bucket, bucketsOf, sumOf } from "../../text/detection-buckets.ts";
import { formatCount, zoneAt } from "../../text/format.ts";
import { Chart } from "../charts/chart.tsx";
import { Read } from "../read.tsx";
import { Section } from "../section.tsx";

/** How far back the chart looks, and how many hours stand in one bar. */
const spans = {
  "24h": { span: 24, each: 1, text: "24 hours" },
  "7d": { span: 168, each: 6, text: "7 days" },
} as const;
type ChartSpan = keyof typeof spans;

interface DetectionChartProps {
  readonly span: ChartSpan;
  readonly onSpan: (span: ChartSpan) => void;
  readonly onChoose: (bucket: Bucket) => void;
}

/** How many were detected over time, by priority. A bar leads to what it counts. */
export function DetectionChart({ span, onSpan, onChoose }: DetectionChartProps) {
  const timeline = useQuery(readQuery(showDetectionTimeline, { query: { hours: spans[span].span } }));
  return (
    <Section
      title="Over time, by priority"
      aside={
        <ToggleGroup aria-label="Span of the chart" isCompact className="nowrap">
          {(["24h", "7d"] as const).map((each) => (
            <ToggleGroupItem
              key={each}
              buttonId={`span-${each}`}
              text={spans[each].text}
              isSelected={span === each}
              onChange={() => onSpan(each)}
            />
          ))}
        </ToggleGroup>
      }
    >
      <Read query={timeline} what="detections over time">
        {(known) => <Bars timeline={known} span={span} onChoose={onChoose} />}
      </Read>
    </Section>
  );
}

interface BarsProps extends Pick<DetectionChartProps, "span" | "onChoose"> {
  readonly timeline: ReplyOf<typeof showDetectionTimeline>;
}

function Bars({ timeline, span, onChoose }: BarsProps) {
  const { text, ...width } = spans[span];
  const buckets = bucketsOf(timeline, width);
  const sums = sumOf(buckets.map(({ counts }) => counts));
  const present = priorities.filter((priority) => sums[priority] > 0).toReversed();
  const all = Object.values(sums).reduce((sum, count) => sum + count, 0);
  if (all === 0) return <p className="subtle">{`Nothing was detected in the last ${text}.`}</p>;
  return (
    <>
      <Chart
        label={`Detections of the last ${text}`}
        kind="bars"
        isLow
        points={buckets.map(({ from }) => pointOf(from, span))}
        series={present.map((priority) => ({
          name: priority,
          color: `--priority-${priority}`,
          values: buckets.map(({ counts }) => counts[priority]),
        }))}
        onChoose={(index) => {
          const bucket = buckets[index];
          if (bucket !== undefined) onChoose(bucket);
        }}
      />
      <p className="subtle">
        {`${formatCount(all, "detection")} in the last ${text}, whatever the list below is narrowed to. Times are ${zoneAt(buckets.at(-1)?.to ?? "")}.`}
      </p>
    </>
  );
}

function pointOf(from: string, span: ChartSpan): string {
  const time = new Date(from);
  const clock = time.toTimeString().slice(0, 5);
  if (span === "24h") return clock;
  return `${time.toLocaleDateString("en", { weekday: "short", day: "numeric" })} ${clock}`;
}
