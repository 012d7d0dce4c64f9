import { useEffect, useRef } from "react";
import "./document.css";
import type { LineMark } from "../../text/line-marks.ts";
import { createDocumentEditor, type DocumentEditorHandle } from "./document-code-mirror.ts";

interface DocumentEditorProps {
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
export function DocumentEditor({ label, value, onChange, isReadOnly, marks }: DocumentEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<DocumentEditorHandle>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const first = useRef(value);
  /** What was written and has not come back as `value` yet: the page is drawn later than one types. */
  const written = useRef<string[]>([]);

  useEffect(() => {
    if (host.current === null) return undefined;
    const made = createDocumentEditor(host.current, {
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
  return <div ref={host} className="document-editor" />;
}
