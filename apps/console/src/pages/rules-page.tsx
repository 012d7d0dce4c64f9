import { Button, Card, CardBody, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { listRules, type RuleEntry } from "@pratique/api";
import { priorities } from "@pratique/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { Alert } from "../parts/alert.tsx";
import { priorityOrMore } from "../parts/detections/priority-label.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../parts/lists/list-filters.tsx";
import { ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { enforceabilityOptions } from "../parts/rules/enforceability-label.tsx";
import { ruleColumns, ruleRows } from "../parts/rules/rule-columns.tsx";
import { originOptions, ruleStateOptions } from "../parts/rules/rule-labels.tsx";
import { RuleViews } from "../parts/rules/rule-views.tsx";
import { NothingFits } from "../parts/states.tsx";
import { type ListAddress, useAddressChange } from "../parts/use-address.ts";
import { formatCount } from "../text/format.ts";

const route = getRouteApi("/app/rules");
/** Hosts report all the time, and what they do by rules hardly changes. */
const LOOK_AGAIN_MS = 60_000;

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find rules" },
  {
    kind: "choice",
    name: "origin",
    label: "Written by",
    anyText: "Written by anybody",
    options: originOptions,
  },
  { kind: "choice", name: "state", label: "State", anyText: "Any state", options: ruleStateOptions },
  {
    kind: "choice",
    name: "does",
    label: "What some host does",
    anyText: "Whatever hosts do",
    options: enforceabilityOptions,
  },
  { kind: "choice", name: "priority", label: "Priority", anyText: "Any priority", options: priorityOrMore },
  { kind: "given", name: "tag", label: "Technique" },
];

/** All rules for running containers, whoever wrote them, and what hosts do by each. */
export function RulesPage() {
  const address = route.useSearch();
  const rules = useQuery({ ...readQuery(listRules), refetchInterval: LOOK_AGAIN_MS });
  return (
    <>
      <PageHead
        title="Rules"
        lead="What is told of running containers, and what hosts do about it"
        actions={<NewRuleFile />}
      />
      <RuleViews current="/rules" />
      <PageSection isFilled>
        <Card>
          <CardBody>
            <Read query={rules} what="rules">
              {({ items, complete }) => (
                <>
                  {!complete && (
                    <div className="alerts">
                      <Alert
                        isInline
                        variant="info"
                        component="p"
                        title="There are more hosts than are counted here"
                      />
                    </div>
                  )}
                  <RuleList rules={items} address={address} />
                </>
              )}
            </Read>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}

/** Leads to a new file, where one may write it. */
export function NewRuleFile() {
  if (useMay()("rules.write") === undefined) return null;
  return (
    <Button component={(props: object) => <Link {...props} to="/rules/files/new" />}>
      New file of rules
    </Button>
  );
}

function RuleList({
  rules,
  address,
}: {
  readonly rules: readonly RuleEntry[];
  readonly address: ListAddress;
}) {
  const change = useAddressChange();
  const shown = rules.filter((rule) => fits(rule, address));
  const clear = () => change(Object.fromEntries(filters.map(({ name }) => [name, undefined])));
  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ListFilters filters={filters} address={address} onChange={change} />
        </ToolbarContent>
      </Toolbar>
      {shown.length === 0 ? (
        <NothingFits onClear={clear} />
      ) : (
        <CsvHere fileName="rules" rows={ruleRows(shown)}>
          <p className="subtle" role="status">
            {shown.length === rules.length
              ? formatCount(rules.length, "rule")
              : `${shown.length.toLocaleString("en")} of ${formatCount(rules.length, "rule")}`}
          </p>
          <ListTable label="Rules" columns={ruleColumns} items={shown} keyOf={({ rule }) => rule} />
        </CsvHere>
      )}
    </>
  );
}

function fits(rule: RuleEntry, { text = "", origin, state, does, priority, tag }: ListAddress): boolean {
  const words = [rule.rule, rule.description, rule.ruleFile ?? "", ...rule.changedBy, ...rule.tags];
  if (!words.join(" ").toLowerCase().includes(text.toLowerCase())) return false;
  if (origin !== undefined && rule.origin !== origin) return false;
  if (state !== undefined && rule.state !== state) return false;
  if (does !== undefined && !Object.entries(rule.hosts).some(([how, hosts]) => how === does && hosts > 0))
    return false;
  if (tag !== undefined && !rule.tags.includes(tag)) return false;
  const least = priorities.find((each) => each === priority);
  return least === undefined || priorities.indexOf(rule.priority) <= priorities.indexOf(least);
}
