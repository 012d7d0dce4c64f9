import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Skeleton,
} from "@patternfly/react-core";
import { ExclamationCircleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon.js";
import { SearchIcon } from "@patternfly/react-icons/dist/esm/icons/search-icon.js";
import { messageOf } from "@pratique/core";
import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CallError, isNotSignedIn } from "../api/call-error.ts";
import { sentence } from "../text/sentence.ts";
import { wayBack } from "../text/way-back.ts";
import { Command } from "./command.tsx";
import { useHeadingLevel } from "./heading-level.ts";

const ROWS = [1, 2, 3, 4, 5] as const;

/** Where something will be in a moment. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="loading" role="status" aria-label={`Loading ${what}`}>
      {ROWS.map((row) => (
        <Skeleton key={row} height="2rem" screenreaderText={row === 1 ? `Loading ${what}` : ""} />
      ))}
    </div>
  );
}

/** What could not be read, and a way to try again. */
export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { href } = useLocation();
  const headingLevel = useHeadingLevel();
  if (isNotSignedIn(error)) {
    return (
      <EmptyState variant="sm" titleText="Your session is over" headingLevel={headingLevel}>
        <EmptyStateFooter>
          <Link to="/signin" search={wayBack(href)}>
            Sign in again
          </Link>
        </EmptyStateFooter>
      </EmptyState>
    );
  }
  if (error instanceof CallError && error.code === "NOT_FOUND") {
    return (
      <EmptyState
        variant="sm"
        icon={SearchIcon}
        titleText="It is not there, or no longer"
        headingLevel={headingLevel}
      >
        <EmptyStateBody className="break">{sentence(messageOf(error))}</EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      variant="sm"
      status="danger"
      icon={ExclamationCircleIcon}
      titleText="This could not be read"
      headingLevel={headingLevel}
    >
      <EmptyStateBody className="break">{sentence(messageOf(error))}</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="secondary" onClick={onRetry}>
            Try again
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children: ReactNode;
  /** What to do next. */
  readonly command?: string;
}

/** Nothing is there yet, and what to do about it. */
export function Empty({ title, children, command }: EmptyProps) {
  const headingLevel = useHeadingLevel();
  return (
    <EmptyState variant="sm" titleText={title} headingLevel={headingLevel}>
      <EmptyStateBody>{children}</EmptyStateBody>
      {command !== undefined && (
        <EmptyStateFooter>
          <Command>{command}</Command>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

/** Something is there, but not what was searched for. */
export function NothingFits({ onClear }: { readonly onClear: () => void }) {
  const headingLevel = useHeadingLevel();
  return (
    <EmptyState
      variant="sm"
      icon={SearchIcon}
      titleText="Nothing fits the filter"
      headingLevel={headingLevel}
    >
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onClear}>
            Clear the filter
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
