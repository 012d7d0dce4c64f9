import "../parts/rules/rules.css";
import { Button, Grid, GridItem, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { type ReplyOf, showRule } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { Alert } from "../parts/alert.tsx";
import { actionWords } from "../parts/detections/detection-outcome.tsx";
import { PriorityLabel } from "../parts/detections/priority-label.tsx";
import { TechniqueLink } from "../parts/detections/technique-link.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { CsvHere } from "../parts/lists/csv-here.tsx";
import { type ListFilter, ListFilters } from "../parts/lists/list-filters.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { Scroller } from "../parts/lists/scroller.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { EnforceabilityLabel, enforceabilityOptions } from "../parts/rules/enforceability-label.tsx";
import { RuleFileLink, RuleHosts, RuleOrigin, RuleStateLabel } from "../parts/rules/rule-labels.tsx";
import { Section } from "../parts/section.tsx";
import { Empty, NothingFits } from "../parts/states.tsx";
import { type ListAddress, useAddressChange } from "../parts/use-address.ts";
import { isTechnique } from "../text/attack-techniques.ts";
import { effectVerb } from "../text/effect-verb.ts";

type RuleView = ReplyOf<typeof showRule>;
type OnHost = RuleView["onHosts"][number];

const route = getRouteApi("/app/rules/named/$rule");
const parent = { to: "/rules", label: "Rules" } as const;
const LOOK_AGAIN_MS = 30_000;

/** One rule: what it says, who changes it, and what each host does by it. */
export function RulePage() {
  const { rule: name } = route.useParams();
  const address = route.useSearch();
  const rule = useQuery({
    ...readQuery(showRule, { params: { rule: name } }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <>
      <PageHead
        title={name}
        parent={parent}
        lead={rule.data?.description}
        actions={rule.data === undefined ? undefined : <Actions rule={rule.data} />}
      />
      <PageSection isFilled>
        <Read query={rule} what="the rule">
          {(known) => (
            <Grid hasGutter>
              <GridItem xl={5}>
                <Section title="Rule">
                  <RuleFacts rule={known} />
                </Section>
              </GridItem>
              <GridItem xl={7}>
                <Section title="What it asks">
                  <Definition rule={known} />
                </Section>
              </GridItem>
              <GridItem span={12}>
                <Section title="What hosts do">
                  <Hosts rule={known} address={address} />
                </Section>
              </GridItem>
            </Grid>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Actions({ rule: { rule, origin, state, ruleFile } }: { readonly rule: RuleView }) {
  const may = useMay();
  const effect = may("rules.write");
  return (
    <>
      {may("detections.read") !== undefined && (
        <Button
          variant="secondary"
          component={(props: object) => <Link {...props} to="/detections" search={{ rule }} />}
        >
          Its detections
        </Button>
      )}
      {effect !== undefined && ruleFile !== null && (
        <Button
          variant="secondary"
          component={(props: object) => (
            <Link {...props} to="/rules/files/$file" params={{ file: ruleFile }} />
          )}
        >
          Edit its file
        </Button>
      )}
      {effect !== undefined && origin !== "host" && state !== "off" && (
        <Button
          variant="secondary"
          isDanger
          component={(props: object) => <Link {...props} to="/rules/files/new" search={{ off: rule }} />}
        >
          {effectVerb(effect, "Switch off")}
        </Button>
      )}
    </>
  );
}

function RuleFacts({ rule }: { readonly rule: RuleView }) {
  const { priority, tags, action, state, changedBy, hosts } = rule;
  const techniques = tags.filter(isTechnique);
  return (
    <Facts label="Rule">
      <Fact term="State">
        <RuleStateLabel state={state} />
        {state !== "on" && changedBy.length > 0 && (
          <div className="subtle">
            by{" "}
            {changedBy.map((file) => (
              <span key={file}>
                <RuleFileLink file={file} />{" "}
              </span>
            ))}
          </div>
        )}
      </Fact>
      <Fact term="Priority">
        <PriorityLabel priority={priority} />
      </Fact>
      <Fact term="Written by">
        <RuleOrigin rule={rule} />
      </Fact>
      <Fact term="Asks to">{action === undefined ? "tell" : actionWords[action]}</Fact>
      <Fact term="Techniques">
        {techniques.length === 0 && <span className="subtle">none</span>}
        {techniques.map((technique) => (
          <div key={technique}>
            <TechniqueLink technique={technique} />
          </div>
        ))}
      </Fact>
      <Fact term="Tags">{tags.filter((tag) => !isTechnique(tag)).join(", ")}</Fact>
      <Fact term="Hosts">
        <RuleHosts hosts={hosts} />
      </Fact>
    </Facts>
  );
}

function Definition({ rule: { definition, origin } }: { readonly rule: RuleView }) {
  if (definition === null) {
    return (
      <Empty title="The server does not have it" command="pratique rules list">
        It lies on a host, or was learned there. This lists on the host what its agent goes by.
      </Empty>
    );
  }
  const { condition, output, kernel, supported, reasons } = definition;
  return (
    <div className="panel">
      {origin === "hardened" && (
        <Alert
          isInline
          isPlain
          variant="info"
          component="p"
          title="It holds on hosts that set runtime.hardened"
        />
      )}
      {supported !== "full" && (
        <Alert
          isInline
          variant="warning"
          component="p"
          title={
            supported === "none" ? "No host can see what it asks for" : "No host can see all that it asks for"
          }
        >
          {reasons.map((reason) => (
            <div key={reason}>{reason}</div>
          ))}
        </Alert>
      )}
      <Scroller label="Condition, scrolled">
        <pre className="rule-text">{condition}</pre>
      </Scroller>
      <p className="subtle break">{output}</p>
      <p>
        {kernel.decides
          ? "A kernel can decide it by itself, before anything happens."
          : "A kernel cannot decide it by itself:"}
      </p>
      <div>
        {kernel.reasons.map((reason) => (
          <div key={reason} className="subtle break">
            {reason}
          </div>
        ))}
      </div>
    </div>
  );
}

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find hosts" },
  {
    kind: "choice",
    name: "does",
    label: "What the host does",
    anyText: "Whatever it does",
    options: enforceabilityOptions,
  },
];

const columns: readonly Column<OnHost>[] = [
  {
    label: "Host",
    cell: ({ host }) => (
      <Link to="/hosts/$host" params={{ host }} search={{ tab: "runtime" }} className="strong break">
        {host}
      </Link>
    ),
  },
  { label: "It", cell: ({ enforceability }) => <EnforceabilityLabel how={enforceability} /> },
  {
    label: "Why",
    cell: ({ enabled, reasons }) => {
      if (!enabled) return <span className="subtle">it is turned off there</span>;
      if (reasons.length === 0) return <span className="subtle">all that it asks for</span>;
      return reasons.map((reason) => (
        <div key={reason} className="break">
          {reason}
        </div>
      ));
    },
  },
];

function Hosts({ rule, address }: { readonly rule: RuleView; readonly address: ListAddress }) {
  const change = useAddressChange();
  const { onHosts, complete } = rule;
  const { text = "", does } = address;
  if (onHosts.length === 0) {
    return (
      <Empty title="No host has told of it" command="pratique rules list">
        A host tells what it does by each rule once its sensor runs, and within a minute after a change. This
        lists it on the host.
      </Empty>
    );
  }
  const shown = onHosts.filter(
    ({ host, enforceability, reasons }) =>
      [host, ...reasons].join(" ").toLowerCase().includes(text.toLowerCase()) &&
      (does === undefined || enforceability === does),
  );
  return (
    <>
      {!complete && (
        <Alert
          isInline
          isPlain
          variant="info"
          component="p"
          title="There are more hosts than are shown here"
        />
      )}
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <ListFilters filters={filters} address={address} onChange={change} />
        </ToolbarContent>
      </Toolbar>
      {shown.length === 0 ? (
        <NothingFits onClear={() => change({ text: undefined, does: undefined })} />
      ) : (
        <CsvHere
          fileName="hosts-of-a-rule"
          rows={[
            ["host", "enabled", "does", "reasons"],
            ...shown.map(({ host, enabled, enforceability, reasons }) => [
              host,
              String(enabled),
              enforceability,
              reasons.join("; "),
            ]),
          ]}
        >
          <ListTable label="Hosts" columns={columns} items={shown} keyOf={({ host }) => host} />
        </CsvHere>
      )}
    </>
  );
}
