import { SearchInput } from "@patternfly/react-core";
import { useEffect, useState } from "react";

const SETTLE_MS = 250;

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  /** Called once typing has paused. */
  readonly onSearch: (text: string) => void;
}

/** A field that searches while one types. */
export function SearchField({ label, value, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  // While it is drawn and not after that: what was typed before a filter was cleared would be asked for once more.
  if (value !== known) {
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => onSearch(typed), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <SearchInput
      className="search-field"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(_, text) => setTyped(text)}
      onClear={() => onSearch("")}
    />
  );
}
