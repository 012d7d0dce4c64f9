import { PageSection } from "@patternfly/react-core";
import { Loading } from "../parts/states.tsx";

/** Stands where a page will be in a moment. */
export function PendingPage() {
  return (
    <PageSection isFilled>
      <Loading what="the page" />
    </PageSection>
  );
}
