import { Button, PageSection } from "@patternfly/react-core";
import { type ExceptionEntry, listExceptions, showException, withdrawException } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import "../parts/access/access.css";
import { Confirm } from "../parts/confirm.tsx";
import { ExceptionStateLabel } from "../parts/exceptions/exceptions-state-label.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { useAct } from "../parts/use-act.ts";
import { effectVerb } from "../text/effect-verb.ts";
import { exceptionWords } from "../text/exception-draft.ts";

const route = getRouteApi("/app/exceptions/$exceptionId");
const parent = { to: "/exceptions", label: "Exceptions" } as const;

/** One exception: what it lets pass, why, who answers for it, and a way to end it. */
export function ExceptionPage() {
  const { exceptionId } = route.useParams();
  const found = useQuery(readQuery(showException, { params: { exceptionId } }));
  const exception = found.data;
  return (
    <>
      <PageHead
        title={exception?.rules.join(", ") ?? "Exception"}
        parent={parent}
        actions={exception !== undefined && <Withdraw exception={exception} />}
      />
      <PageSection isFilled>
        <Read query={found} what="the exception">
          {(known) => <Detail exception={known} />}
        </Read>
      </PageSection>
    </>
  );
}

function Detail({ exception }: { readonly exception: ExceptionEntry }) {
  const { scope } = exception;
  return (
    <Section title="Exception" aside={<ExceptionStateLabel state={exception.state} />}>
      <div className="panel">
        <p className="sentence">{exceptionWords(exception)}</p>
        <Facts label="Exception">
          <Fact term="Reason">{exception.reason}</Fact>
          <Fact term="Owner">{exception.owner}</Fact>
          <Fact term="Ends">
            <RelativeTime time={exception.expiresAt} />
          </Fact>
          <Fact term="Granted">
            <RelativeTime time={exception.grantedAt} /> by {exception.grantedBy}
            {exception.approvedBy !== null && `, approved by ${exception.approvedBy}`}
          </Fact>
          {exception.withdrawnAt !== null && (
            <Fact term="Withdrawn">
              <RelativeTime time={exception.withdrawnAt} /> by {exception.withdrawnBy}
            </Fact>
          )}
          <Fact term="Rules">
            <Values values={exception.rules} />
          </Fact>
          {scope.images !== undefined && (
            <Fact term="Images">
              <Values values={scope.images} />
            </Fact>
          )}
          {scope.digests !== undefined && (
            <Fact term="Digests">
              <Values values={scope.digests} />
            </Fact>
          )}
          {scope.vulnerabilities !== undefined && (
            <Fact term="Vulnerabilities">
              <Values values={scope.vulnerabilities} />
            </Fact>
          )}
          {scope.secrets !== undefined && (
            <Fact term="Secrets">
              <Values values={scope.secrets} />
            </Fact>
          )}
          {scope.licenses !== undefined && (
            <Fact term="Licenses">
              <Values values={scope.licenses} />
            </Fact>
          )}
          {scope.hosts !== undefined && (
            <Fact term="Hosts">
              <Values values={scope.hosts} />
            </Fact>
          )}
          <Fact term="Id">
            <code className="break">{exception.id}</code>
          </Fact>
        </Facts>
      </div>
    </Section>
  );
}

function Values({ values }: { readonly values: readonly string[] }) {
  return values.map((value) => (
    <div key={value}>
      <code className="break">{value}</code>
    </div>
  ));
}

function Withdraw({ exception }: { readonly exception: ExceptionEntry }) {
  const effect = useMay()("exceptions.withdraw");
  const [asks, setAsks] = useState(false);
  const withdraw = useAct(withdrawException, { changes: [listExceptions, showException] });
  if (effect === undefined || (exception.state !== "active" && !asks)) return null;
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setAsks(true)}>
        {effectVerb(effect, "Withdraw")}
      </Button>
      {asks && (
        <Confirm
          title="Withdraw this exception?"
          verb={effectVerb(effect, "Withdraw")}
          act={withdraw}
          onConfirm={() => withdraw.run({ params: { exceptionId: exception.id } })}
          onClose={() => {
            withdraw.reset();
            setAsks(false);
          }}
        >
          <p>What it lets pass is refused again within seconds. What runs keeps running.</p>
        </Confirm>
      )}
    </>
  );
}
