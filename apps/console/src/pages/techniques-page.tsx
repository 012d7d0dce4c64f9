import "../parts/runtime.css";
import { Card, CardBody, CardTitle, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { listHosts, showDetectionTimeline, showHostRuntime } from "@pratique/api";
import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { call } from "../api/call.ts";
import { listQuery, listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { DetectionViews } from "../parts/detections/detection-views.tsx";
import { TechniqueLink } from "../parts/detections/technique-link.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../parts/lists/list-filters.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { EnforceabilityLabel, enforceabilityOptions } from "../parts/rules/enforceability-label.tsx";
import { Empty, Loading, NothingFits } from "../parts/states.tsx";
import { useAddressChange } from "../parts/use-address.ts";
import { formatCount } from "../text/format.ts";
import { type TacticGroup, type TechniqueRow, techniqueTable } from "../text/technique-table.ts";

const route = getRouteApi("/app/detections/techniques");
const hostSource = listSource(listHosts);
const HOURS = 168;
/** As many hosts are asked for their rules. */
const MOST_HOSTS = 50;
const RULES_STALE_MS = 300_000;

/** The techniques of MITRE ATT&CK: what hosts do about each by their rules, and how often it was seen. */
export function TechniquesPage() {
  const { host, cover } = route.useSearch();
  const change = useAddressChange();
  const may = useMay();
  const mayRules = may("hosts.read") !== undefined && may("runtime.read") !== undefined;
  const timeline = useQuery(readQuery(showDetectionTimeline, { query: { hours: HOURS } }));
  const { names, hosts, isLoading, reported } = useHostRules(host, mayRules);
  const filters: readonly ListFilter[] = [
    {
      kind: "choice",
      name: "host",
      label: "Host",
      anyText: "All hosts",
      options: names.map((value) => ({ value, text: value })),
    },
    {
      kind: "choice",
      name: "cover",
      label: "What hosts do",
      anyText: "Whatever hosts do",
      options: enforceabilityOptions,
    },
  ];
  return (
    <>
      <PageHead
        title="Techniques"
        lead="What hosts do at best about the techniques of MITRE ATT&CK by their rules, and what was detected in the last 7 days"
      />
      <DetectionViews current="/detections/techniques" />
      <PageSection isFilled>
        <Toolbar inset={{ default: "insetNone" }}>
          <ToolbarContent>
            <ListFilters filters={filters} address={{ host, cover }} onChange={change} />
          </ToolbarContent>
        </Toolbar>
        {isLoading ? (
          <Loading what="the rules of hosts" />
        ) : (
          <Read query={timeline} what="techniques">
            {({ techniques }) => (
              <Matrix
                groups={techniqueTable(hosts, techniques)}
                hosts={reported}
                cover={cover}
                onClear={() => change({ cover: undefined })}
              />
            )}
          </Read>
        )}
      </PageSection>
    </>
  );
}

/** The rules of the hosts that one may see, or of one. A host that has not told any counts for nothing. */
function useHostRules(host: string | undefined, mayRules: boolean) {
  const list = useQuery({ ...listQuery(hostSource, { limit: MOST_HOSTS }), enabled: mayRules });
  const known = (list.data?.items ?? []).map(({ name }) => name);
  const names = host === undefined || known.includes(host) ? known : [host, ...known];
  const asked = mayRules ? (host === undefined ? known : [host]) : [];
  const answers = useQueries({
    queries: asked.map(rulesQuery),
  });
  const hosts = asked
    .map((name, index) => ({ host: name, rules: answers[index]?.data?.rules ?? [] }))
    .filter(({ rules }) => rules.length > 0);
  const isLoading = (mayRules && list.isPending) || answers.some(({ isPending }) => isPending);
  return { names, hosts, isLoading, reported: hosts.length };
}

/** Hosts report all the time, and their rules hardly change: what they do else is no reason to read them again. */
function rulesQuery(host: string) {
  return queryOptions({
    queryKey: ["rules", host],
    queryFn: ({ signal }) => call(showHostRuntime, { params: { host }, signal }),
    staleTime: RULES_STALE_MS,
  });
}

interface MatrixProps {
  readonly groups: readonly TacticGroup[];
  /** How many hosts have told their rules. */
  readonly hosts: number;
  readonly cover: string | undefined;
  readonly onClear: () => void;
}

function Matrix({ groups, hosts, cover, onClear }: MatrixProps) {
  if (groups.length === 0) {
    return (
      <Empty title="No host has told its rules yet" command="pratique rules list">
        An agent tells what its host can do by each rule once its sensor runs. This lists the rules on a host.
      </Empty>
    );
  }
  const shown = groups
    .map((group) => ({
      ...group,
      techniques: group.techniques.filter(
        ({ covered }) => cover === undefined || covered.some(({ how }) => how === cover),
      ),
    }))
    .filter(({ techniques }) => techniques.length > 0);
  if (shown.length === 0) return <NothingFits onClear={onClear} />;
  return (
    <CsvHere fileName="techniques" rows={rowsOf(shown)}>
      <div className="technique-columns">
        {shown.map(({ tag, label, techniques }) => (
          <Card key={tag} isCompact>
            <CardTitle component="h2">{label}</CardTitle>
            <CardBody>
              <ul className="technique-list" aria-label={label}>
                {techniques.map((row) => (
                  <Technique key={row.technique} row={row} hosts={hosts} />
                ))}
              </ul>
            </CardBody>
          </Card>
        ))}
      </div>
      <p className="subtle">ATT&CK is a registered trademark of The MITRE Corporation.</p>
    </CsvHere>
  );
}

function Technique({ row, hosts }: { readonly row: TechniqueRow; readonly hosts: number }) {
  const { technique, covered, rules, detections } = row;
  // The side shows the worst of it: a fleet is as open as its most open host.
  const worst = covered.at(-1)?.how ?? "off";
  return (
    <li className={`technique technique-${worst}`}>
      <TechniqueLink technique={technique} />
      <span className="label-row">
        {covered.map(({ how, hosts: count }) => (
          <EnforceabilityLabel
            key={how}
            how={how}
            {...(hosts > 1 && { of: `${count} of ${formatCount(hosts, "host")}` })}
          />
        ))}
      </span>
      <span className="subtle">
        {formatCount(rules.length, "rule")},{" "}
        {detections === 0 ? (
          "none detected"
        ) : (
          <Link to="/detections" search={{ tag: technique }}>
            {formatCount(detections, "detection")}
          </Link>
        )}
      </span>
    </li>
  );
}

function rowsOf(groups: readonly TacticGroup[]): readonly (readonly (string | number)[])[] {
  return [
    ["tactic", "technique", "covered", "rules", "detections"],
    ...groups.flatMap(({ label, techniques }) =>
      techniques.map(({ technique, covered, rules, detections }) => [
        label,
        technique,
        covered.map(({ how, hosts }) => `${how}: ${hosts}`).join(", "),
        rules.join(", "),
        detections,
      ]),
    ),
  ];
}
