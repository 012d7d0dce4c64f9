import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import type { ChangeAddress, ListAddress } from "../use-address.ts";
import type { Column, ListOrder } from "./list-table.tsx";

interface OrderChoiceProps<Item> {
  readonly label: string;
  readonly columns: readonly Column<Item>[];
  readonly address: ListAddress;
  readonly standard: ListOrder;
  readonly onChange: ChangeAddress;
}

/** Orders a list where its rows stand as cards, and there are no heads of columns to press. */
export function OrderChoice<Item>({ label, columns, address, standard, onChange }: OrderChoiceProps<Item>) {
  const options = columns.flatMap(({ label: column, sort }) =>
    sort === undefined
      ? []
      : [
          { sort, order: "desc", text: `${column}, descending` },
          { sort, order: "asc", text: `${column}, ascending` },
        ],
  );
  const sort = address.sort ?? standard.sort;
  const order = address.order ?? standard.order;
  const chosen = options.findIndex((option) => option.sort === sort && option.order === order);
  return (
    <FormSelect
      aria-label={`Order of ${label.toLowerCase()}`}
      value={String(chosen)}
      onChange={(_, index) => {
        const next = options[Number(index)];
        if (next !== undefined) onChange({ sort: next.sort, order: next.order });
      }}
    >
      {chosen < 0 && <FormSelectOption value="-1" label="The usual order" />}
      {options.map((option, index) => (
        <FormSelectOption key={option.text} value={String(index)} label={option.text} />
      ))}
    </FormSelect>
  );
}
