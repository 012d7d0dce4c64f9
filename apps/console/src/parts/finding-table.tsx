import { Label, Pagination, Switch, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, type ThProps, Tr } from "@patternfly/react-table";
import type { ImageFinding } from "@pratique/api";
import type { Severity } from "@pratique/core";
import { useState } from "react";
import {
  type FindingColumn,
  type FindingFilter,
  type FindingOrder,
  selectFindings,
} from "../text/findings.ts";
import { Choice } from "./choice.tsx";
import { SearchField } from "./search-field.tsx";
import { SeverityLabel } from "./severity-label.tsx";
import { NothingFits } from "./states.tsx";

const PER_PAGE = 25;
const noFilter: FindingFilter = { text: "", severities: [], fixableOnly: false };

const severityOptions = [
  { value: "critical", text: "Critical" },
  { value: "high", text: "High" },
  { value: "medium", text: "Medium" },
  { value: "low", text: "Low" },
  { value: "negligible", text: "Negligible" },
  { value: "unknown", text: "Unknown" },
] as const satisfies readonly { value: Severity; text: string }[];

/** The findings of one image, to be searched, narrowed and sorted. */
export function FindingTable({ findings }: { readonly findings: readonly ImageFinding[] }) {
  const [filter, setFilter] = useState(noFilter);
  const [order, setOrder] = useState<FindingOrder>({ column: "severity", direction: "desc" });
  const [page, setPage] = useState(1);
  const shown = selectFindings(findings, filter, order);
  const lastPage = Math.max(1, Math.ceil(shown.length / PER_PAGE));
  const current = Math.min(page, lastPage);
  const change = (part: Partial<FindingFilter>) => {
    setFilter({ ...filter, ...part });
    setPage(1);
  };
  const [chosen] = filter.severities;

  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ToolbarItem>
            <SearchField label="Find findings" value={filter.text} onSearch={(text) => change({ text })} />
          </ToolbarItem>
          <ToolbarItem>
            <Choice
              label="Severity"
              anyText="Any severity"
              options={severityOptions}
              value={chosen}
              onChoose={(severity) => change({ severities: severity === undefined ? [] : [severity] })}
            />
          </ToolbarItem>
          <ToolbarItem alignSelf="center">
            <Switch
              id="fixable-only"
              label="With a fix only"
              isChecked={filter.fixableOnly}
              onChange={(_, fixableOnly) => change({ fixableOnly })}
            />
          </ToolbarItem>
          <ToolbarItem variant="pagination" align={{ default: "alignEnd" }}>
            <Pagination
              isCompact
              itemCount={shown.length}
              perPage={PER_PAGE}
              perPageOptions={[]}
              page={current}
              onSetPage={(_, next) => setPage(next)}
              titles={{ paginationAriaLabel: "Pages of findings" }}
            />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      {shown.length === 0 ? (
        <NothingFits onClear={() => change(noFilter)} />
      ) : (
        <Rows
          findings={shown.slice((current - 1) * PER_PAGE, current * PER_PAGE)}
          order={order}
          onOrder={setOrder}
        />
      )}
    </>
  );
}

/** In the order of the table. */
const columns: readonly FindingColumn[] = ["id", "severity", "package", "epss"];

interface RowsProps {
  readonly findings: readonly ImageFinding[];
  readonly order: FindingOrder;
  readonly onOrder: (order: FindingOrder) => void;
}

function Rows({ findings, order, onOrder }: RowsProps) {
  const sortOf = (column: FindingColumn): NonNullable<ThProps["sort"]> => ({
    columnIndex: columns.indexOf(column),
    sortBy: { index: columns.indexOf(order.column), direction: order.direction },
    onSort: (_, __, direction) => onOrder({ column, direction }),
  });
  return (
    <Table variant="compact" aria-label="Findings" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th sort={sortOf("id")}>Vulnerability</Th>
          <Th modifier="nowrap" sort={sortOf("severity")}>
            Severity
          </Th>
          <Th modifier="nowrap" sort={sortOf("package")}>
            Package
          </Th>
          <Th modifier="nowrap">Fixed in</Th>
          <Th
            modifier="nowrap"
            sort={sortOf("epss")}
            info={{ tooltip: "How likely it is to be exploited within 30 days" }}
          >
            EPSS
          </Th>
          <Th>Source</Th>
        </Tr>
      </Thead>
      <Tbody>
        {findings.map((finding) => (
          <FindingRow
            key={`${finding.id} ${finding.packageType} ${finding.packageName} ${finding.packageVersion} ${finding.paths[0]}`}
            finding={finding}
          />
        ))}
      </Tbody>
    </Table>
  );
}

function FindingRow({ finding }: { readonly finding: ImageFinding }) {
  const { id, severity, title, epss, knownExploited, suppressedBy, confidence } = finding;
  return (
    <Tr>
      <Td dataLabel="Vulnerability">
        <span className="label-row">
          <span className="strong nowrap">{id}</span>
          {knownExploited && (
            <Label isCompact color="red" variant="outline">
              known exploited
            </Label>
          )}
          {suppressedBy !== undefined && <Label isCompact>{`suppressed by ${suppressedBy}`}</Label>}
          {confidence === "low" && <Label isCompact>uncertain</Label>}
        </span>
        {title !== undefined && <div className="subtle clamp">{title}</div>}
      </Td>
      <Td dataLabel="Severity">
        <SeverityLabel severity={severity} />
      </Td>
      <Td dataLabel="Package">
        {finding.packageName}
        <div className="subtle break">
          {finding.packageVersion} ({finding.packageType})
        </div>
      </Td>
      <Td dataLabel="Fixed in">
        {finding.fixedVersion === undefined ? (
          <span className="subtle">{statusWords[finding.status]}</span>
        ) : (
          <span className="break">{finding.fixedVersion}</span>
        )}
      </Td>
      <Td dataLabel="EPSS">
        {epss === undefined ? <span className="subtle">not rated</span> : `${(epss * 100).toFixed(1)} %`}
      </Td>
      <Td dataLabel="Source">
        {finding.source}
        {finding.advisory !== id && <div className="subtle">{finding.advisory}</div>}
      </Td>
    </Tr>
  );
}

const statusWords: Readonly<Record<ImageFinding["status"], string>> = {
  fixed: "fixed",
  affected: "no fix yet",
  "will-not-fix": "will not be fixed",
  "fix-deferred": "fix deferred",
  "under-investigation": "under investigation",
  "end-of-life": "end of life",
};
