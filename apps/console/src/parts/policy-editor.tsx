import { useEffect, useRef } from "react";
import "./policy.css";
import type { LineMark } from "../text/policy-draft.ts";
import { createPolicyEditor, type PolicyEditorHandle } from "./policy-code-mirror.ts";

interface PolicyEditorProps {
  /** Names it for those who hear it. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isReadOnly: boolean;
  readonly marks: readonly LineMark[];
}

/**
 * An editor for policies and rules. It lives in a shadow tree, where its styles are adopted style sheets: in the page they would
 * be style elements, which the page may not have.
 */
export function PolicyEditor({ label, value, onChange, isReadOnly, marks }: PolicyEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<PolicyEditorHandle>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const first = useRef(value);
  /** What was written and has not come back as `value` yet: the page is drawn later than one types. */
  const written = useRef<string[]>([]);

  useEffect(() => {
    if (host.current === null) return undefined;
    const made = createPolicyEditor(host.current, {
      text: first.current,
      label,
      isReadOnly,
      onChange: (text) => {
        written.current.push(text);
        change.current(text);
      },
    });
    editor.current = made;
    return () => {
      first.current = made.text();
      made.destroy();
    };
  }, [isReadOnly, label]);

  useEffect(() => {
    const echo = written.current.lastIndexOf(value);
    if (echo >= 0) {
      written.current.splice(0, echo + 1);
      return;
    }
    editor.current?.setText(value);
    written.current = [];
  }, [value]);
  useEffect(() => editor.current?.setMarks(marks), [marks]);
  return <div ref={host} className="policy-editor" />;
}
