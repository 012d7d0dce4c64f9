import { ActionGroup, Button, Form, Grid, GridItem } from "@patternfly/react-core";
import { createException, type ExceptionEntry, listExceptions } from "@pratique/api";
import { type FormEvent, useState } from "react";
import { useMay } from "../../api/may.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import { type ExceptionDraft, exceptionWords, missingIn, requestOf } from "../../text/exception-draft.ts";
import { Alert } from "../alert.tsx";
import "../access/access.css";
import { ActOutcome } from "../act-outcome.tsx";
import { FormField } from "../form-field.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";

interface ExceptionFormProps {
  readonly initial: ExceptionDraft;
  readonly onGranted: (exception: ExceptionEntry) => void;
}

/** Grants an exception, or asks a second person for it. */
export function ExceptionForm({ initial, onGranted }: ExceptionFormProps) {
  const effect = useMay()("exceptions.grant");
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const grant = useAct(createException, { changes: [listExceptions], onDone: onGranted });
  const missing = missingIn(draft, Date.now());
  const request = requestOf(draft);
  const field = (member: keyof ExceptionDraft) => ({
    id: `exception-${member}`,
    value: draft[member],
    onChange: (value: string) => setDraft({ ...draft, [member]: value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing.length === 0) grant.run({ body: request });
  };
  if (effect === undefined) return <Alert isInline variant="info" title="You may not ask for exceptions" />;
  const waits = grant.data?.kind === "waits";
  return (
    <Form onSubmit={submit}>
      <Grid hasGutter>
        <GridItem xl={6}>
          <Section title="What may pass">
            <div className="panel">
              <FormField
                {...field("rules")}
                label="Rules"
                isRequired
                rows={2}
                help="As the refusal names them, such as images/no-fixable-critical; divided by commas or lines."
              />
              <FormField {...field("images")} label="Images" rows={2} help="Names; * stands for anything." />
              <FormField
                {...field("digests")}
                label="Digests"
                rows={2}
                help="Exactly this content, whatever its name."
              />
              <FormField
                {...field("vulnerabilities")}
                label="Vulnerabilities"
                rows={2}
                help="Only these, such as CVE-2026-10000."
              />
              <FormField
                {...field("secrets")}
                label="Secrets"
                rows={2}
                help="Only these, by their fingerprints, as reports in JSON and CSV tell them."
              />
              <FormField
                {...field("licenses")}
                label="Licenses"
                rows={2}
                help="Only these, as reports tell them, such as AGPL-3.0-only; one on each line."
              />
              <FormField
                {...field("hosts")}
                label="Hosts"
                help="Names; * stands for anything. Empty: all of them."
              />
            </div>
          </Section>
        </GridItem>
        <GridItem xl={6}>
          <Section title="Why, and for how long">
            <div className="panel">
              <FormField
                {...field("reason")}
                label="Reason"
                isRequired
                rows={4}
                help="For whoever decides on it, and for the record."
              />
              <FormField
                {...field("owner")}
                label="Owner"
                isRequired
                help="Who sees to it that it is needed no longer."
              />
              <FormField
                {...field("lastDay")}
                label="Last day"
                type="date"
                isRequired
                help="It ends by itself when this day ends, UTC."
              />
              {request.rules.length > 0 && <p className="sentence">{exceptionWords(request)}</p>}
            </div>
          </Section>
        </GridItem>
        <GridItem span={12} className="panel">
          {tried && missing.length > 0 && (
            <Alert isInline variant="warning" title={`It still needs ${missing.join("; ")}`} role="alert" />
          )}
          <ActOutcome act={grant} />
          {!waits && (
            <ActionGroup>
              <Button type="submit" isLoading={grant.isPending}>
                {effectVerb(effect, "Grant the exception")}
              </Button>
            </ActionGroup>
          )}
        </GridItem>
      </Grid>
    </Form>
  );
}
