import type { Overview } from "@pratique/api";

const WIDTH = 340;
const HEIGHT = 180;
const BASE = HEIGHT - 22;
const GAP = 3;
const LABEL_EVERY = 6;

/** From the ground up. */
const outcomes = ["allowed", "warned", "observed", "denied"] as const;

/** The launches of the last 24 hours, one column for each hour. */
export function LaunchChart({ hours }: Pick<Overview, "hours">) {
  const totals = hours.map((hour) => outcomes.reduce((sum, outcome) => sum + hour[outcome], 0));
  const most = Math.max(1, ...totals);
  const step = WIDTH / hours.length;
  const all = totals.reduce((sum, total) => sum + total, 0);
  const denied = hours.reduce((sum, hour) => sum + hour.denied, 0);
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Launches of the last 24 hours: ${all}, of which ${denied} were denied. Busiest hour: ${most}.`}
    >
      <line x1={0} x2={WIDTH} y1={BASE} y2={BASE} className="chart-axis" />
      {hours.map((hour, index) => (
        <g key={hour.from}>
          <title>{`${clock(hour.from)}: ${totals[index] ?? 0} launches, ${hour.denied} denied`}</title>
          <rect x={index * step} y={0} width={step} height={BASE} className="chart-hover" />
          {columnOf(hour, most).map(({ outcome, y, height }) => (
            <rect
              key={outcome}
              x={index * step + GAP / 2}
              y={y}
              width={step - GAP}
              height={height}
              className={`fill-${outcome}`}
            />
          ))}
          {index % LABEL_EVERY === 0 && (
            <text x={index * step} y={HEIGHT - 6} className="chart-text chart-small">
              {clock(hour.from)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

/** What the colours of the chart mean. */
export function LaunchLegend({ launches }: Pick<Overview, "launches">) {
  return (
    <ul className="legend">
      {outcomes.toReversed().map((outcome) => (
        <li key={outcome}>
          <svg className="legend-mark" viewBox="0 0 10 10" aria-hidden="true">
            <rect width={10} height={10} rx={2} className={`fill-${outcome}`} />
          </svg>
          {words[outcome]} <strong>{launches[outcome].toLocaleString("en")}</strong>
        </li>
      ))}
    </ul>
  );
}

const words = {
  denied: "denied",
  observed: "would be denied",
  warned: "warned",
  allowed: "allowed",
} as const;

function columnOf(hour: Overview["hours"][number], most: number) {
  let y = BASE;
  return outcomes
    .filter((outcome) => hour[outcome] > 0)
    .map((outcome) => {
      const height = (hour[outcome] / most) * (BASE - 6);
      y -= height;
      return { outcome, y, height };
    });
}

function clock(time: string): string {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
