/** One line or kind of bar of a chart. */
interface ChartSeries {
  readonly name: string;
  /** The custom property that holds its colour. */
  readonly color: `--${string}`;
  readonly values: readonly number[];
}

export interface ChartProps {
  /** What it shows, in words. */
  readonly label: string;
  readonly kind: "bars" | "areas";
  /** What the values are, where they are no counts. */
  readonly unit?: "%";
  /** What the points are; times where it is absent. */
  readonly pointLabel?: string;
  /** What stands under each point. */
  readonly points: readonly string[];
  /** Lowest first: they stand on one another. */
  readonly series: readonly ChartSeries[];
  /** Stands above what one has come for. */
  readonly isLow?: boolean;
  /** Called with the index of the point that was chosen. */
  readonly onChoose?: (index: number) => void;
}
