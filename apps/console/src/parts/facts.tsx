import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

interface FactsProps {
  /** Names the list for those who hear it. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A list of terms and what they are here. */
export function Facts({ label, children }: FactsProps) {
  return (
    <DescriptionList isCompact isHorizontal aria-label={label}>
      {children}
    </DescriptionList>
  );
}

/** One line of {@link Facts}. */
export function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}
