import { DatePicker } from "@patternfly/react-core";
import type { ChangeAddress, ListAddress } from "../use-address.ts";

interface TimeRangeProps {
  readonly address: ListAddress;
  readonly onAddress: ChangeAddress;
}

/** Narrows a list to whole days, UTC. */
export function TimeRange({ address, onAddress }: TimeRangeProps) {
  const change = (part: ListAddress) => onAddress({ ...part, cursor: undefined, page: undefined });
  return (
    <span className="label-row">
      <DatePicker
        aria-label="From this day on"
        placeholder="From"
        buttonAriaLabel="Choose the first day"
        value={dayOf(address.from)}
        onChange={(_, day) => {
          if (day === "" || isDay(day)) change({ from: day === "" ? undefined : `${day}T00:00:00Z` });
        }}
      />
      <DatePicker
        aria-label="Up to this day"
        placeholder="To"
        buttonAriaLabel="Choose the last day"
        value={dayOf(address.to)}
        onChange={(_, day) => {
          if (day === "" || isDay(day)) change({ to: day === "" ? undefined : `${day}T23:59:59.999Z` });
        }}
      />
    </span>
  );
}

function dayOf(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? "";
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(Date.parse(text));
}
