import type { Overview } from "@pratique/api";
import { type Severity, severities } from "@pratique/core";

const WIDTH = 340;
const ROW = 36;
const BAR_HEIGHT = 18;
const BAR_TOP = (ROW - BAR_HEIGHT) / 2;
const BASELINE = ROW / 2 + 5;
const LABEL = 84;
const COUNT = 40;
const BAR = WIDTH - LABEL - COUNT;

/** How many images have which worst finding: one bar for each severity, and one for those without any. */
export function SeverityChart({ images }: Pick<Overview, "images">) {
  const rows: readonly { readonly name: Severity | "clean"; readonly count: number }[] = [
    ...severities
      .filter((severity) => severity !== "unknown" || images.worst.unknown > 0)
      .map((severity) => ({ name: severity, count: images.worst[severity] })),
    { name: "clean", count: images.clean },
  ];
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const summary = rows.map(({ name, count }) => `${name}: ${count}`).join(", ");
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${rows.length * ROW}`}
      role="img"
      aria-label={`Images by their worst finding. ${summary}`}
    >
      {rows.map(({ name, count }, index) => {
        const width = count === 0 ? 0 : Math.max(4, (count / most) * BAR);
        return (
          <g key={name}>
            <text x={0} y={index * ROW + BASELINE} className="chart-text">
              {name}
            </text>
            <rect
              x={LABEL}
              y={index * ROW + BAR_TOP}
              width={BAR}
              height={BAR_HEIGHT}
              rx={3}
              className="chart-track"
            />
            <rect
              x={LABEL}
              y={index * ROW + BAR_TOP}
              width={width}
              height={BAR_HEIGHT}
              rx={3}
              className={`fill-${name}`}
            />
            <text x={WIDTH} y={index * ROW + BASELINE} className="chart-text chart-count">
              {count.toLocaleString("en")}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
