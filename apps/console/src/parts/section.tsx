import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { HeadingLevelContext } from "./heading-level.ts";

interface SectionProps {
  readonly title: string;
  /** At the other end of the title's line. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A card with a title: one part of a page. */
export function Section({ title, aside, children }: SectionProps) {
  return (
    <Card isFullHeight>
      <CardHeader {...(aside !== undefined && { actions: { actions: aside, hasNoOffset: true } })}>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>
        <HeadingLevelContext value="h3">{children}</HeadingLevelContext>
      </CardBody>
    </Card>
  );
}
