import { Button, List, ListItem } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { TimesCircleIcon } from "@patternfly/react-icons/dist/esm/icons/times-circle-icon.js";
import type { lintPolicy, ReplyOf } from "@pratique/api";
import { useState } from "react";
import { formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { DraftFaults } from "../documents/draft-checks.tsx";

type Lint = ReplyOf<typeof lintPolicy>;

/** What is wrong with a draft, and what its tests say. */
export function PolicyChecks({ lint }: { readonly lint: Lint }) {
  const { problems, warnings, rules, tests } = lint;
  return (
    <>
      {problems.length === 0 && warnings.length === 0 && (
        <Alert isInline variant="success" title={`It compiles: ${formatCount(rules.length, "rule")}`} />
      )}
      <DraftFaults faults={lint} />
      <Tests tests={tests} />
    </>
  );
}

function Tests({ tests }: Pick<Lint, "tests">) {
  const [all, setAll] = useState(false);
  if (tests.length === 0) {
    return (
      <p className="subtle">
        There are no tests in the document. A PolicyTest says what the rules should decide, and is run here.
      </p>
    );
  }
  const failed = tests.filter(({ passed }) => !passed);
  const shown = all ? tests : failed;
  return (
    <div>
      <p>
        <strong>{`${tests.length - failed.length} of ${formatCount(tests.length, "test")} passed`}</strong>{" "}
        <Button variant="link" isInline onClick={() => setAll(!all)}>
          {all ? "Show failed ones only" : "Show all"}
        </Button>
      </p>
      <List isPlain aria-label="Tests">
        {shown.map(({ name, passed, message }) => (
          <ListItem
            key={name}
            icon={
              passed ? (
                <CheckCircleIcon className="icon-good" title="passed" />
              ) : (
                <TimesCircleIcon className="icon-bad" title="failed" />
              )
            }
          >
            {name}
            {message !== undefined && <div className="subtle break">{message}</div>}
          </ListItem>
        ))}
      </List>
    </div>
  );
}
