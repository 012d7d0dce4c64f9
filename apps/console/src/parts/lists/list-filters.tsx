import { Label, Switch, ToolbarItem } from "@patternfly/react-core";
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

/** The fields that narrow a list, as items of its toolbar. */
export function ListFilters({ filters, address, onChange }: ListFiltersProps) {
  return filters.map((filter) => {
    const value = address[filter.name];
    if (filter.kind === "given" && value === undefined) return null;
    return (
      <ToolbarItem key={filter.name} alignSelf="center">
        <Filter filter={filter} value={value} onChange={(next) => onChange({ [filter.name]: next })} />
      </ToolbarItem>
    );
  });
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
