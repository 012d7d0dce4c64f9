import { Form, Grid, GridItem } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { Section } from "../section.tsx";

interface DraftFormProps {
  /** Where it is written. */
  readonly document: ReactNode;
  /** What the checks say of it, beside it. */
  readonly checks: ReactNode;
  /** On which hosts it holds; undefined for those who may only read it. */
  readonly scope: ReactNode;
  /** What it would make of what was recorded. */
  readonly trial: ReactNode;
  /** How it is saved; undefined for those who may only read it. */
  readonly save: ReactNode;
}

/** The parts of a form by which a document is written, in their places. Nothing is sent by the enter key. */
export function DraftForm({ document, checks, scope, trial, save }: DraftFormProps) {
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Grid hasGutter>
        <GridItem xl={8}>{document}</GridItem>
        <GridItem xl={4}>
          <Section title="Checks">{checks}</Section>
        </GridItem>
        {scope !== undefined && <GridItem span={12}>{scope}</GridItem>}
        <GridItem span={12}>{trial}</GridItem>
        {save !== undefined && (
          <GridItem span={12} className="panel">
            {save}
          </GridItem>
        )}
      </Grid>
    </Form>
  );
}
