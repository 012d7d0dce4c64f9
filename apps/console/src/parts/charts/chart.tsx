import { ExpandableSection, Skeleton } from "@patternfly/react-core";
import { lazy, Suspense } from "react";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import type { ChartProps } from "./chart-props.ts";

const ChartCanvas = lazy(async () => {
  const { ChartCanvas: component } = await import("./chart-canvas.tsx");
  return { default: component };
});

/** A chart over time, loaded when it is needed, with its numbers as a table for whoever cannot see it. */
export function Chart(props: ChartProps) {
  return (
    <>
      <Suspense fallback={<Skeleton height="15rem" screenreaderText={`Loading ${props.label}`} />}>
        <ChartCanvas {...props} />
      </Suspense>
      <ExpandableSection toggleText="Numbers" isIndented={false}>
        <Numbers {...props} />
      </ExpandableSection>
    </>
  );
}

interface Row {
  readonly point: string;
  readonly values: readonly number[];
}

function Numbers({ label, points, series, unit, pointLabel = "Time" }: ChartProps) {
  const columns: readonly Column<Row>[] = [
    { label: pointLabel, cell: ({ point }) => point },
    ...series.map(({ name }, index) => ({
      label: name,
      isNumber: true,
      cell: ({ values }: Row) =>
        `${(values[index] ?? 0).toLocaleString("en")}${unit === undefined ? "" : ` ${unit}`}`,
    })),
  ];
  const rows = points.map((point, index) => ({
    point,
    values: series.map(({ values }) => values[index] ?? 0),
  }));
  return (
    <div className="numbers">
      <CsvHere
        fileName={label.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-")}
        rows={[
          [pointLabel.toLowerCase(), ...series.map(({ name }) => name)],
          ...rows.map(({ point, values }) => [point, ...values]),
        ]}
      >
        <ListTable label={`${label}, numbers`} columns={columns} items={rows} keyOf={({ point }) => point} />
      </CsvHere>
    </div>
  );
}
