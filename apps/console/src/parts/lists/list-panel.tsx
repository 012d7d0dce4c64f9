import { Pagination, Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useRef } from "react";
import { pageSizes } from "../../api/address.ts";
import { type ListPage, type ListSource, listQuery } from "../../api/list-source.ts";
import { Read } from "../read.tsx";
import { NothingFits } from "../states.tsx";
import type { ChangeAddress, ListAddress } from "../use-address.ts";
import { CsvButton } from "./csv-button.tsx";
import { type ListFilter, ListFilters } from "./list-filters.tsx";
import { OrderChoice } from "./list-order.tsx";
import { type Column, type ListOrder, ListTable } from "./list-table.tsx";
import { SteadyRows } from "./steady-rows.tsx";

const PAGE_SIZE = "50";
/** Long lists are counted so far and no further: that many may be more. */
const COUNTED = 10_000;
/** A page with more rows than this can be turned at its end as well. */
const LONG_PAGE = 15;
const perPageOptions = pageSizes.map((size) => ({ title: size, value: Number(size) }));

interface ListPanelProps<Item> {
  /** What the list holds, as its name: `Images`. Also the name of the CSV file. */
  readonly label: string;
  readonly source: ListSource<Item>;
  readonly address: ListAddress;
  readonly onAddress: ChangeAddress;
  readonly columns: readonly Column<Item>[];
  readonly filters?: readonly ListFilter[];
  /** How the server orders it by itself; absent where it knows one order only. */
  readonly standardOrder?: ListOrder;
  readonly keyOf: (item: Item) => string;
  readonly isSelected?: (item: Item) => boolean;
  /** Shown where there is nothing at all: what to do next. */
  readonly empty: ReactNode;
}

/** A list of the server, one page at a time: narrowed, ordered, turned and saved as CSV by what its address says. */
export function ListPanel<Item>(props: ListPanelProps<Item>) {
  const { label, source, address, onAddress, filters = [], empty } = props;
  const { page: _, limit = PAGE_SIZE, ...asked } = address;
  const page = useQuery(listQuery(source, { ...asked, limit }));
  // What narrows or orders a list makes its pages other pages.
  const change = useCallback<ChangeAddress>(
    (part) => onAddress({ ...part, cursor: undefined, page: undefined }),
    [onAddress],
  );
  const pages = usePages(props, page.data);
  const top = useRef<HTMLDivElement>(null);
  // Whoever turns the page at its end goes on at the beginning of the next.
  const turnAtTop = (turn: () => void) => () => {
    top.current?.scrollIntoView();
    turn();
  };
  const names = filters.map(({ name }) => name);
  const clear = () => change(Object.fromEntries(names.map((name) => [name, undefined])));
  const { cursor: __, ...narrowed } = asked;
  const place = page.isPlaceholderData ? undefined : JSON.stringify([source.fixed, asked, limit]);
  return (
    <>
      <div ref={top} />
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ListFilters filters={filters} address={address} onChange={change} />
          {props.standardOrder !== undefined && (
            <ToolbarItem className="where-rows-are-cards" alignSelf="center">
              <OrderChoice
                label={label}
                columns={props.columns}
                address={address}
                standard={props.standardOrder}
                onChange={change}
              />
            </ToolbarItem>
          )}
          <ToolbarGroup align={{ default: "alignEnd" }}>
            {source.endpoint.csv !== undefined && (
              <ToolbarItem>
                <CsvButton
                  endpoint={source.endpoint}
                  input={{ ...source.fixed, query: { ...narrowed, ...source.fixed.query } }}
                  fileName={label.toLowerCase().replaceAll(" ", "-")}
                />
              </ToolbarItem>
            )}
            <ToolbarItem variant="pagination">
              <Turner {...pages} label={`Pages of ${label.toLowerCase()}`} onLimit={change} />
            </ToolbarItem>
          </ToolbarGroup>
        </ToolbarContent>
      </Toolbar>
      <Read query={page} what={label.toLowerCase()}>
        {({ items }) => {
          if (items.length === 0) {
            return names.some((name) => address[name] !== undefined) ? (
              <NothingFits onClear={clear} />
            ) : (
              empty
            );
          }
          return (
            <>
              <SteadyRows place={place} items={items} keyOf={props.keyOf}>
                {(rows) => (
                  <ListTable
                    {...props}
                    items={rows}
                    isStale={page.isPlaceholderData}
                    ordering={
                      props.standardOrder && { address, standard: props.standardOrder, onChange: change }
                    }
                  />
                )}
              </SteadyRows>
              {(items.length > LONG_PAGE || pages.number > 1) && (
                <Turner
                  {...pages}
                  onNext={turnAtTop(pages.onNext)}
                  onPrevious={turnAtTop(pages.onPrevious)}
                  label={`Pages of ${label.toLowerCase()}, again`}
                  onLimit={change}
                  isLast
                />
              )}
            </>
          );
        }}
      </Read>
    </>
  );
}

interface Pages {
  readonly number: number;
  readonly size: number;
  readonly total: number;
  readonly hasNext: boolean;
  readonly onNext: () => void;
  readonly onPrevious: () => void;
}

/** Turns pages by cursors. The ones that were used are kept, so that one can turn back. */
function usePages<Item>(
  { source, address, onAddress }: ListPanelProps<Item>,
  current: ListPage<Item> | undefined,
): Pages {
  const client = useQueryClient();
  const { page = "1", cursor, ...rest } = address;
  const number = cursor === undefined ? 1 : Number(page);
  const trailKey = ["trail", source.endpoint.id, source.fixed, rest];
  const trail = () => client.getQueryData<Readonly<Record<number, string>>>(trailKey) ?? {};
  return {
    number,
    size: Number(address.limit ?? PAGE_SIZE),
    total: current?.total ?? 0,
    hasNext: current !== undefined && current.nextCursor !== null,
    onNext: () => {
      const next = current?.nextCursor;
      if (next === undefined || next === null) return;
      client.setQueryData(trailKey, {
        ...trail(),
        ...(cursor !== undefined && { [number]: cursor }),
        [number + 1]: next,
      });
      onAddress({ cursor: next, page: String(number + 1) }, { push: true });
    },
    onPrevious: () => {
      const before = trail()[number - 1];
      // Who came by a link to the middle of a list turns back to its beginning.
      const place = before === undefined ? {} : { cursor: before, page: String(number - 1) };
      onAddress({ cursor: undefined, page: undefined, ...place }, { push: true });
    },
  };
}

interface TurnerProps extends Pages {
  readonly label: string;
  readonly onLimit: ChangeAddress;
  readonly isLast?: boolean;
}

function Turner({
  number,
  size,
  total,
  hasNext,
  onNext,
  onPrevious,
  label,
  onLimit,
  isLast = false,
}: TurnerProps) {
  return (
    <Pagination
      isCompact
      widgetId={label.replaceAll(/\W+/gu, "-")}
      // Where more was counted than there is to turn to, or less, the next page decides.
      itemCount={hasNext ? Math.max(total, number * size + 1) : total}
      page={number}
      perPage={size}
      perPageOptions={perPageOptions}
      variant={isLast ? "bottom" : "top"}
      onNextClick={onNext}
      onPreviousClick={onPrevious}
      onPerPageSelect={(_, limit) => onLimit({ limit: String(limit) })}
      toggleTemplate={rangeText({ number, size, total })}
      titles={{ paginationAriaLabel: label }}
    />
  );
}

function rangeText({ number, size, total }: Pick<Pages, "number" | "size" | "total">): string {
  const first = total === 0 ? 0 : (number - 1) * size + 1;
  const last = total === COUNTED ? number * size : Math.min(total, number * size);
  const all = `${total.toLocaleString("en")}${total === COUNTED ? " or more" : ""}`;
  return `${first.toLocaleString("en")} to ${last.toLocaleString("en")} of ${all}`;
}
