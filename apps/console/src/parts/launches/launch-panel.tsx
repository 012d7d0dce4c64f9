import {
  Card,
  CardBody,
  CardTitle,
  Content,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
  Title,
} from "@patternfly/react-core";
import type { LaunchEntry, LaunchReason } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "../../api/may.ts";
import { shortDigest } from "../../text/format.ts";
import { Command } from "../command.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { AssessmentLabel, OutcomeLabel } from "./verdict-label.tsx";
import { VulnerabilityText } from "./vulnerability-text.tsx";

/** All that is known of one launch: what was decided, why and what to do about it, then what is recorded of it. */
export function LaunchPanel({ launch }: { readonly launch: LaunchEntry }) {
  return (
    <div className="panel">
      <DescriptionList isCompact isHorizontal aria-label="Launch">
        <Row term="Verdict">
          <span className="label-row">
            <OutcomeLabel outcome={launch.outcome} />
            <RelativeTime time={launch.time} />
          </span>
        </Row>
        <Row term="Image">
          <ImageLink launch={launch} />
        </Row>
      </DescriptionList>
      <Title headingLevel="h3" size="md">
        {reasonsTitle(launch)}
      </Title>
      {launch.evidence !== undefined && (
        <p>
          They are too long for the record. The host keeps them as evidence{" "}
          <code className="break">{launch.evidence}</code>
        </p>
      )}
      {launch.reasons.map((reason) => (
        <ReasonCard key={`${reason.policy}/${reason.rule}/${reason.value}`} reason={reason} launch={launch} />
      ))}
      {launch.assessmentReasons.length > 0 && (
        <Content component="ul">
          {launch.assessmentReasons.map(({ code, message, path }) => (
            <li key={`${code} ${path} ${message}`}>
              {message} <code>{code}</code>
            </li>
          ))}
        </Content>
      )}
      <Title headingLevel="h3" size="md">
        Record
      </Title>
      <DescriptionList isCompact isHorizontal aria-label="Record">
        <Row term="Action">{launch.action}</Row>
        <Row term="Caller">{launch.caller}</Row>
        <Row term="Host">
          <Link to="/hosts/$host" params={{ host: launch.host }} className="break">
            {launch.host}
          </Link>
        </Row>
        {launch.assessment !== undefined && (
          <Row term="Assessment">
            <AssessmentLabel state={launch.assessment} />
          </Row>
        )}
        <Row term="Entry">
          {launch.sequence} <code title={launch.recordHash}>{launch.recordHash.slice(0, 16)}…</code>
        </Row>
        <Row term="Policies">
          <code className="break">{launch.policyRevision}</code>
        </Row>
      </DescriptionList>
    </div>
  );
}

function reasonsTitle({ reasons, evidence }: LaunchEntry): string {
  return reasons.length === 0 && evidence === undefined ? "No rule was broken" : "Reasons";
}

interface ReasonCardProps {
  readonly reason: LaunchReason;
  readonly launch: LaunchEntry;
}

function ReasonCard({ reason, launch }: ReasonCardProps) {
  const mayGrant = useMay()("exceptions.grant") !== undefined;
  return (
    <Card isCompact>
      <CardTitle component="h4">{reason.message}</CardTitle>
      <CardBody>
        <DescriptionList isCompact aria-label={`Reason ${reason.rule}`}>
          <Row term="Value">
            <span className="break">
              <VulnerabilityText text={reason.value} />
            </span>
          </Row>
          <Row term="Fix">{reason.fix}</Row>
          <Row term="Rule">
            <span className="label-row">
              <code className="break">
                {reason.policy}/{reason.rule}
              </code>
              <EnforcementLabel reason={reason} />
            </span>
          </Row>
          {reason.exceptionHint !== undefined && (
            <Row term="Ask for an exception">
              {mayGrant && <ExceptionLink reason={reason} launch={launch} />}
              <Command>{reason.exceptionHint}</Command>
            </Row>
          )}
        </DescriptionList>
      </CardBody>
    </Card>
  );
}

/** Leads to the form, filled with what this launch broke. */
function ExceptionLink({ reason, launch }: ReasonCardProps) {
  const search = {
    rule: `${reason.policy}/${reason.rule}`,
    image: launch.image,
    ...(launch.imageId !== undefined && { digest: launch.imageId }),
    host: launch.host,
    launch: launch.id,
  };
  return (
    <p>
      <Link to="/exceptions/new" search={search}>
        Request an exception
      </Link>
    </p>
  );
}

const enforcements = {
  enforce: { color: "red", text: "denies" },
  warn: { color: "yellow", text: "warns" },
  "dry-run": { color: "grey", text: "recorded only" },
} as const;

function EnforcementLabel({ reason: { enforcement, waivedBy } }: { readonly reason: LaunchReason }) {
  if (waivedBy !== undefined) return <Label isCompact color="blue">{`lifted by ${waivedBy}`}</Label>;
  const { color, text } = enforcements[enforcement];
  return (
    <Label isCompact color={color}>
      {text}
    </Label>
  );
}

function ImageLink({ launch: { image, imageId } }: { readonly launch: LaunchEntry }) {
  if (imageId === undefined) return <span className="break">{image}</span>;
  return (
    <>
      <Link to="/images/$imageId" params={{ imageId }} className="break">
        {image}
      </Link>{" "}
      <code>{shortDigest(imageId)}</code>
    </>
  );
}

function Row({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}
