import type { Scope } from "@pratique/core";
import { useBlocker } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { draftOf, everywhere, type ScopeDraft, scopeOf } from "../../text/scope-draft.ts";

/** What is saved of a document that the server hands to hosts: a policy, or a file of rules. */
interface DocumentContent {
  readonly text: string;
  readonly scope: Scope;
  readonly enabled: boolean;
}

/** A document while it is written. */
export interface DocumentDraft {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly scope: ScopeDraft;
  readonly setScope: (scope: ScopeDraft) => void;
  readonly enabled: boolean;
  readonly setEnabled: (enabled: boolean) => void;
  /** What would be saved; undefined while its scope is not whole. */
  readonly content: DocumentContent | undefined;
  /** Notes that a text was saved: whoever leaves now loses nothing. */
  readonly noteSaved: (text: string) => void;
}

/** Begins with what is saved, or with `first` where nothing is, and asks before what was written is lost. */
export function useDocumentDraft(saved: DocumentContent | undefined, first: string): DocumentDraft {
  const [text, setText] = useState(saved?.text ?? first);
  const [scope, setScope] = useState(saved === undefined ? everywhere : draftOf(saved.scope));
  const [enabled, setEnabled] = useState(saved?.enabled ?? true);
  const kept = useRef(text);
  useBlocker({
    shouldBlockFn: () => text !== kept.current && !window.confirm("Leave, and lose what you wrote?"),
    enableBeforeUnload: () => text !== kept.current,
  });
  const whole = scopeOf(scope);
  return {
    text,
    setText,
    scope,
    setScope,
    enabled,
    setEnabled,
    content: whole === undefined ? undefined : { text, scope: whole, enabled },
    noteSaved: (savedText) => {
      kept.current = savedText;
    },
  };
}
