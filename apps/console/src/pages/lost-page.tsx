import { Button, EmptyState, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import { messageOf } from "@pratique/core";
import { Link, useRouter } from "@tanstack/react-router";
import { useTabTitle } from "../parts/use-tab-title.ts";
import { sentence } from "../text/sentence.ts";

/** A place that does not exist. */
export function LostPage() {
  useTabTitle("Nothing here");
  return (
    <PageSection isFilled>
      <EmptyState titleText="There is nothing here" headingLevel="h1">
        <EmptyStateBody>The address names no place of this console.</EmptyStateBody>
        <EmptyStateFooter>
          <Link to="/">To the overview</Link>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

/** A page that failed altogether. */
export function FailedPage({ error }: { readonly error: unknown }) {
  const router = useRouter();
  return (
    <PageSection isFilled>
      <EmptyState status="danger" titleText="The page could not be shown" headingLevel="h1">
        <EmptyStateBody>{sentence(messageOf(error))}</EmptyStateBody>
        <EmptyStateFooter>
          <Button variant="secondary" onClick={() => void router.invalidate()}>
            Try again
          </Button>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
