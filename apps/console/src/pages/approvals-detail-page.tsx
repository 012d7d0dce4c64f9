import { ActionGroup, Button, Form, Grid, GridItem, PageSection } from "@patternfly/react-core";
import {
  type Approval,
  approve,
  listApprovals,
  reject,
  showApproval,
  showAttention,
  withdrawApproval,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { readQuery, sessionQuery } from "../api/queries.ts";
import { ActOutcome } from "../parts/act-outcome.tsx";
import { Alert } from "../parts/alert.tsx";
import { ApprovalStateLabel } from "../parts/approvals-state-label.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { FormField } from "../parts/form-field.tsx";
import { JsonFacts } from "../parts/json-facts.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";
import { useAct } from "../parts/use-act.ts";
import { approvalWords } from "../text/approval-words.ts";

const route = getRouteApi("/app/approvals/$approvalId");
const parent = { to: "/approvals", label: "Approvals" } as const;
/** Who asked for something hears of it by no event, unless they may see all approvals. */
const LOOK_AGAIN_MS = 5_000;
const changes = [listApprovals, showApproval, showAttention];

/** One act that takes a second person: what, where, who, why, until when; and the decision. */
export function ApprovalPage() {
  const { approvalId } = route.useParams();
  const approval = useQuery({
    ...readQuery(showApproval, { params: { approvalId } }),
    refetchInterval: ({ state }) => (state.data?.state === "pending" ? LOOK_AGAIN_MS : false),
  });
  return (
    <>
      <PageHead title={approval.data === undefined ? "Approval" : titleOf(approval.data)} parent={parent} />
      <PageSection isFilled>
        <Read query={approval} what="the approval">
          {(known) => (
            <Grid hasGutter>
              <GridItem xl={7}>
                <Section title="What was asked for" aside={<ApprovalStateLabel state={known.state} />}>
                  <What approval={known} />
                </Section>
              </GridItem>
              <GridItem xl={5}>
                <Section title="Decision">
                  <Decision key={known.state} approval={known} />
                </Section>
              </GridItem>
            </Grid>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function titleOf(approval: Approval): string {
  return `${approvalWords(approval)}, asked by ${approval.requestedBy.login}`;
}

function What({ approval }: { readonly approval: Approval }) {
  const { subject, requestedBy, requestedAt, reason, expiresAt, permission } = approval;
  const { reason: _, ...details } = approval.details;
  return (
    <Facts label="What was asked for">
      <Fact term="What">{approvalWords(approval)}</Fact>
      {subject.id !== "" && (
        <Fact term="Where">
          {subject.kind} <code className="break">{subject.id}</code>
        </Fact>
      )}
      <Fact term="Who">
        {requestedBy.login}, <RelativeTime time={requestedAt} />
      </Fact>
      <Fact term="Why">{reason === "" ? <span className="subtle">not said</span> : reason}</Fact>
      {approval.state === "pending" && (
        <Fact term="Decision due">
          <RelativeTime time={expiresAt} />
        </Fact>
      )}
      <Fact term="Permission">
        <code>{permission}</code>
      </Fact>
      <JsonFacts values={details} relativeTimes />
    </Facts>
  );
}

function Decision({ approval }: { readonly approval: Approval }) {
  if (approval.state === "pending") return <Pending approval={approval} />;
  const { decidedBy, decidedAt, comment, failure } = approval;
  return (
    <div className="panel">
      <Facts label="Decision">
        <Fact term="State">
          <ApprovalStateLabel state={approval.state} />
        </Fact>
        {decidedBy !== null && <Fact term="By">{decidedBy.login}</Fact>}
        {decidedAt !== null && (
          <Fact term="When">
            <RelativeTime time={decidedAt} />
          </Fact>
        )}
        {comment !== "" && <Fact term="Comment">{comment}</Fact>}
      </Facts>
      {failure !== undefined && (
        <Alert isInline variant="danger" title={`It was approved and failed: ${failure}`} />
      )}
    </div>
  );
}

function Pending({ approval: { id, mayDecide, whyNot, requestedBy } }: { readonly approval: Approval }) {
  const session = useQuery(sessionQuery);
  const [comment, setComment] = useState("");
  const accept = useAct(approve, { changes });
  const refuse = useAct(reject, { changes });
  const withdraw = useAct(withdrawApproval, { changes });
  const input = { params: { approvalId: id } };
  const isOwn = session.data?.account.id === requestedBy.id;
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      {!mayDecide && (
        <Alert
          isInline
          variant="info"
          title={`You may not decide on this: ${whyNot ?? "it is not yours to decide"}`}
        />
      )}
      {mayDecide && (
        <>
          <FormField
            id="decision-comment"
            label="Comment"
            rows={3}
            value={comment}
            onChange={setComment}
            help="For whoever asked, and for the record."
          />
          <ActOutcome act={accept} />
          <ActOutcome act={refuse} />
          <ActionGroup>
            <Button isLoading={accept.isPending} onClick={() => accept.run({ ...input, body: { comment } })}>
              Approve: it happens now
            </Button>
            <Button
              variant="secondary"
              isDanger
              isLoading={refuse.isPending}
              onClick={() => refuse.run({ ...input, body: { comment } })}
            >
              Reject
            </Button>
          </ActionGroup>
        </>
      )}
      {isOwn && (
        <>
          <ActOutcome act={withdraw} />
          <ActionGroup>
            <Button variant="secondary" isLoading={withdraw.isPending} onClick={() => withdraw.run(input)}>
              Withdraw what you asked for
            </Button>
          </ActionGroup>
        </>
      )}
    </Form>
  );
}
