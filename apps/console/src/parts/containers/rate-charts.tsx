import "../runtime.css";
import type { ContainerRuntimeReport } from "@pratique/api";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

type Rates = ContainerRuntimeReport["rates"];

/** What was counted in a minute, and when. */
interface Sample {
  readonly takenAt: string;
  readonly rates: Rates;
}

const KEPT = 40;

const shown = [
  { rate: "execs", label: "Programs started" },
  { rate: "opens", label: "Files opened" },
  { rate: "connects", label: "Connections begun" },
  { rate: "events", label: "Events" },
  { rate: "suppressed", label: "Left out by its limit" },
] as const satisfies readonly { readonly rate: keyof Rates; readonly label: string }[];

/** What a container does in a minute. The bars show what this page has seen since it was opened. */
export function RateCharts({ runtime }: { readonly runtime: ContainerRuntimeReport }) {
  const samples = useSamples(runtime);
  return (
    <div className="rates">
      {shown.map(({ rate, label }) => (
        <div key={rate} className="rate">
          <span className="figure-label">{label}</span>
          <span
            className={
              rate === "suppressed" && runtime.rates[rate] > 0 ? "figure-value alarm" : "figure-value"
            }
          >
            {runtime.rates[rate].toLocaleString("en")}
          </span>
          {samples.length > 1 && <Spark values={samples.map(({ rates }) => rates[rate])} />}
        </div>
      ))}
    </div>
  );
}

/** The server keeps the last report only: those that came while the page is open are kept here. */
function useSamples({ containerId, takenAt, rates }: ContainerRuntimeReport): readonly Sample[] {
  const client = useQueryClient();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => {
    const key = ["rates", containerId];
    const before = client.getQueryData<readonly Sample[]>(key) ?? [];
    const next = before.at(-1)?.takenAt === takenAt ? before : [...before, { takenAt, rates }].slice(-KEPT);
    client.setQueryData(key, next);
    setSamples(next);
  }, [client, containerId, takenAt, rates]);
  return samples;
}

const WIDTH = 160;
const HEIGHT = 32;

/** Bars without words: the number above them says the last. */
function Spark({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const step = WIDTH / KEPT;
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * HEIGHT);
        const left = index * step;
        return <rect key={left} x={left} y={HEIGHT - height} width={step - 1} height={height} />;
      })}
    </svg>
  );
}
