import type { Overview } from "@pratique/api";
import { type Severity, severities } from "@pratique/core";

const WIDTH = 480;
const ROW = 30;
const LABEL = 96;
const COUNT = 44;
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
            <text x={0} y={index * ROW + 20} className="chart-text">
              {name}
            </text>
            <rect x={LABEL} y={index * ROW + 7} width={BAR} height={16} rx={3} className="chart-track" />
            <rect x={LABEL} y={index * ROW + 7} width={width} height={16} rx={3} className={`fill-${name}`} />
            <text x={WIDTH} y={index * ROW + 20} className="chart-text chart-count">
              {count.toLocaleString("en")}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
