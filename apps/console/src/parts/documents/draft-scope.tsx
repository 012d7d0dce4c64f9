import { Switch } from "@patternfly/react-core";
import { scopeWords } from "../../text/scope-words.ts";
import { ScopeBuilder } from "../access/access-scope-builder.tsx";
import { Alert } from "../alert.tsx";
import { Section } from "../section.tsx";
import type { DocumentDraft } from "./use-document-draft.ts";

interface DraftScopeProps {
  /** What the ids of its fields begin with. */
  readonly id: string;
  readonly draft: DocumentDraft;
}

/** On which hosts a document holds, and whether it does at all. */
export function DraftScope({
  id,
  draft: { scope, setScope, enabled, setEnabled, content },
}: DraftScopeProps) {
  return (
    <Section title="Where it holds">
      <div className="panel">
        <ScopeBuilder id={id} value={scope} onChange={setScope} without="registries" />
        <Switch
          id={`${id}-enabled`}
          label="In force"
          isChecked={enabled}
          onChange={(_, next) => setEnabled(next)}
        />
        <Alert
          isInline
          isPlain
          variant={content === undefined ? "warning" : "info"}
          title={
            content === undefined
              ? "Each label needs a name and at least one value"
              : `It holds ${enabled ? scopeWords(content.scope) : "nowhere while it is switched off"}.`
          }
        />
      </div>
    </Section>
  );
}
