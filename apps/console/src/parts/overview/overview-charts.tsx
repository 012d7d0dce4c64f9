import { type Overview, showFindingTimeline } from "@pratique/api";
import type { Severity } from "@pratique/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { readQuery } from "../../api/queries.ts";
import { formatCount, zoneAt } from "../../text/format.ts";
import { Chart } from "../charts/chart.tsx";
import { Read } from "../read.tsx";

const DAYS = 30;
const HOUR_MS = 3_600_000;

/** Lowest first, as they stand on one another. */
const shownSeverities = ["low", "medium", "high", "critical"] as const satisfies readonly Severity[];

/** How many findings were open on each of the last days. */
export function FindingsChart() {
  const timeline = useQuery(readQuery(showFindingTimeline, { query: { days: DAYS } }));
  return (
    <Read query={timeline} what="the findings over time">
      {({ days }) =>
        days.length === 0 ? (
          <p className="subtle">
            Counts of the whole installation are kept from day to day. The first is there tomorrow, for those
            who may see all of it.
          </p>
        ) : (
          <Chart
            label="Open findings by day"
            kind={days.length === 1 ? "bars" : "areas"}
            points={days.map(({ day }) => day)}
            series={shownSeverities.map((severity) => ({
              name: severity,
              color: `--severity-${severity}`,
              values: days.map((day) => day[severity]),
            }))}
          />
        )
      }
    </Read>
  );
}

const shownOutcomes = [
  { outcome: "denied", name: "denied", color: "--outcome-denied" },
  { outcome: "observed", name: "would be denied", color: "--outcome-observed" },
  { outcome: "warned", name: "warned", color: "--severity-medium" },
] as const;

/** What was refused in each of the last hours; an hour leads to its launches. */
export function RefusalsChart({ overview: { hours, launches } }: { readonly overview: Overview }) {
  const navigate = useNavigate();
  const last = hours.at(-1)?.from;
  const choose = (index: number) => {
    const from = hours[index]?.from;
    if (from === undefined) return;
    const to = new Date(Date.parse(from) + HOUR_MS).toISOString();
    void navigate({ to: "/launches", search: { from, to } });
  };
  return (
    <>
      <Chart
        label="Refusals by hour"
        kind="bars"
        points={hours.map(({ from }) => new Date(from).toTimeString().slice(0, 5))}
        series={shownOutcomes.map(({ outcome, name, color }) => ({
          name,
          color,
          values: hours.map((hour) => hour[outcome]),
        }))}
        onChoose={choose}
      />
      <p className="subtle">
        {formatCount(launches.allowed, "launch was", "launches were")} within the policies in the same 24
        hours. {last !== undefined && `Times are ${zoneAt(last)}.`}
      </p>
    </>
  );
}
