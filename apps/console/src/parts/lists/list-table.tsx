import { Table, Tbody, Td, Th, Thead, type ThProps, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import type { ChangeAddress, ListAddress } from "../use-address.ts";

/** One column of a table. */
export interface Column<Item> {
  readonly label: string;
  readonly cell: (item: Item) => ReactNode;
  /** The word by which the server orders by this column; absent where it cannot. */
  readonly sort?: string;
  /** What the column means, where its name does not tell. */
  readonly info?: string;
  /** Its cells are numbers, which stand below each other by their last digit. */
  readonly isNumber?: boolean;
}

/** How a list is ordered while its address does not say. */
export interface ListOrder {
  readonly sort: string;
  readonly order: "asc" | "desc";
}

interface ListTableProps<Item> {
  readonly label: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly isSelected?: ((item: Item) => boolean) | undefined;
  /** Absent where nobody can order it. */
  readonly ordering?:
    | { readonly address: ListAddress; readonly standard: ListOrder; readonly onChange: ChangeAddress }
    | undefined;
  /** What is shown is about to be replaced. */
  readonly isStale?: boolean;
}

/** Items as rows. On a narrow screen each row stands as a card of its own. */
export function ListTable<Item>(props: ListTableProps<Item>) {
  const { label, columns, items, keyOf, isSelected, isStale = false } = props;
  return (
    <Table
      variant="compact"
      aria-label={label}
      gridBreakPoint="grid-lg"
      aria-busy={isStale}
      className={isStale ? "stale" : ""}
    >
      <Thead>
        <Tr>
          {columns.map((column, index) => (
            <Th
              key={column.label}
              modifier="nowrap"
              className={classOf(column)}
              {...sortOf(props, index)}
              {...(column.info !== undefined && { info: { tooltip: column.info } })}
            >
              {column.label}
            </Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {items.map((item) => (
          <Tr key={keyOf(item)} isRowSelected={isSelected?.(item) ?? false}>
            {columns.map((column) => (
              <Td key={column.label} dataLabel={column.label} className={classOf(column)}>
                {column.cell(item)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function classOf<Item>({ isNumber = false }: Column<Item>): string {
  return isNumber ? "number" : "";
}

function sortOf<Item>({ columns, ordering }: ListTableProps<Item>, index: number): Pick<ThProps, "sort"> {
  const sort = columns[index]?.sort;
  if (ordering === undefined || sort === undefined) return {};
  const { address, standard, onChange } = ordering;
  const current = address.sort ?? standard.sort;
  const order = address.order ?? standard.order;
  const how: ThProps["sort"] = {
    columnIndex: index,
    sortBy: {
      index: columns.findIndex((column) => column.sort === current),
      direction: order === "asc" ? "asc" : "desc",
    },
    onSort: (_, __, direction) => onChange({ sort, order: direction }),
  };
  return { sort: how };
}
