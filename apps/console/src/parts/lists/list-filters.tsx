import { Button, Label, Switch, ToolbarItem } from "@patternfly/react-core";
import { FilterIcon } from "@patternfly/react-icons/dist/esm/icons/filter-icon.js";
import { useId, useState } from "react";
import { Choice } from "../choice.tsx";
import type { ListAddress } from "../use-address.ts";
import { SearchField } from "./search-field.tsx";

/** One way to narrow a list. `name` is the member of the address and of the query. */
export type ListFilter =
  | { readonly kind: "search"; readonly name: string; readonly label: string }
  | {
      readonly kind: "choice";
      readonly name: string;
      readonly label: string;
      readonly anyText: string;
      readonly options: readonly { readonly value: string; readonly text: string }[];
    }
  | { readonly kind: "switch"; readonly name: string; readonly label: string }
  /** Comes from a link, and can only be taken away. */
  | {
      readonly kind: "given";
      readonly name: string;
      readonly label: string;
      readonly show?: (value: string) => string;
    };

interface ListFiltersProps {
  readonly filters: readonly ListFilter[];
  readonly address: ListAddress;
  readonly onChange: (part: ListAddress) => void;
}

/**
 * The fields that narrow a list, as items of its toolbar. On a narrow screen all but the search stand behind a button,
 * which says how many of them narrow the list now.
 */
export function ListFilters({ filters, address, onChange }: ListFiltersProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const itemOf = (filter: ListFilter) => (
    <ToolbarItem key={filter.name} alignSelf="center">
      <Filter
        filter={filter}
        value={address[filter.name]}
        onChange={(next) => onChange({ [filter.name]: next })}
      />
    </ToolbarItem>
  );
  const folded = filters.filter(
    ({ kind, name }) => kind !== "search" && (kind !== "given" || address[name] !== undefined),
  );
  const active = folded.filter(({ name }) => address[name] !== undefined).length;
  return (
    <>
      {filters.filter(({ kind }) => kind === "search").map(itemOf)}
      {folded.length > 0 && (
        <>
          <ToolbarItem className="filters-toggle">
            <Button
              variant="secondary"
              icon={<FilterIcon />}
              aria-expanded={isOpen}
              aria-controls={id}
              onClick={() => setOpen(!isOpen)}
            >
              {active === 0 ? "Filters" : `Filters (${active} set)`}
            </Button>
          </ToolbarItem>
          <div id={id} className={isOpen ? "filters" : "filters folded"}>
            {folded.map(itemOf)}
          </div>
        </>
      )}
    </>
  );
}

interface FilterProps {
  readonly filter: ListFilter;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

function Filter({ filter, value, onChange }: FilterProps) {
  switch (filter.kind) {
    case "search":
      return (
        <SearchField
          label={filter.label}
          value={value ?? ""}
          onSearch={(text) => onChange(text === "" ? undefined : text)}
        />
      );
    case "choice":
      return (
        <Choice
          label={filter.label}
          anyText={filter.anyText}
          options={filter.options}
          value={value}
          onChoose={onChange}
        />
      );
    case "switch":
      return (
        <Switch
          id={`filter-${filter.name}`}
          label={filter.label}
          isChecked={value === "true"}
          onChange={(_, on) => onChange(on ? "true" : undefined)}
        />
      );
    case "given":
      return (
        <Label
          color="blue"
          onClose={() => onChange(undefined)}
          closeBtnAriaLabel={`Show every ${filter.label.toLowerCase()}`}
        >
          {`${filter.label}: ${filter.show?.(value ?? "") ?? value}`}
        </Label>
      );
  }
}
