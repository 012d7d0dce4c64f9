import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { LineMark } from "../../text/line-marks.ts";

export interface DocumentEditorHandle {
  text(): string;
  setText(text: string): void;
  setMarks(marks: readonly LineMark[]): void;
  destroy(): void;
}

interface EditorOptions {
  readonly label: string;
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onChange: (text: string) => void;
}

/** Makes an editor inside of an element, in a shadow tree of its own. */
export function createDocumentEditor(
  host: HTMLElement,
  { label, text, isReadOnly, onChange }: EditorOptions,
): DocumentEditorHandle {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  root.append(parent);
  const view = new EditorView({
    root,
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        lintGutter(),
        yaml(),
        syntaxHighlighting(colours),
        look,
        // Tab leaves the editor, as everywhere on the page; Ctrl-] and Ctrl-[ indent.
        keymap.of([
          { key: "Mod-]", run: indentMore },
          { key: "Mod-[", run: indentLess },
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        EditorState.readOnly.of(isReadOnly),
        // What can be written in can be focused; the tabindex says so where that is not known, and so that it scrolls.
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.domEventHandlers({ beforeinput: replaceSelection }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText(next) {
      if (next === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setMarks: (marks) => view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state, marks))),
    destroy() {
      view.destroy();
      parent.remove();
    },
  };
}

/**
 * Types over a selection without the browser's own editing: that would keep the colours of what it replaces as an
 * inline style, which the page may not have.
 */
function replaceSelection(event: InputEvent, view: EditorView): boolean {
  const { data, inputType, isComposing } = event;
  if (isComposing || data === null || inputType !== "insertText" || view.state.readOnly) return false;
  const { from, to } = selectedIn(view);
  if (from === to) return false;
  view.dispatch({
    changes: { from, to, insert: data },
    selection: { anchor: from + data.length },
    userEvent: "input.type",
    scrollIntoView: true,
  });
  return true;
}

/** What is selected in the page: the editor may not have heard of it yet. */
function selectedIn(view: EditorView): { readonly from: number; readonly to: number } {
  const { root, contentDOM, state } = view;
  // Chromium alone tells of selections in shadow trees in this way, and it alone keeps colours when one types.
  const getSelection: unknown = Reflect.get(root, "getSelection");
  const selection: unknown = typeof getSelection === "function" ? getSelection.call(root) : null;
  if (!(selection instanceof Selection)) return state.selection.main;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  if (anchorNode === null || focusNode === null) return state.selection.main;
  if (!contentDOM.contains(anchorNode) || !contentDOM.contains(focusNode)) return state.selection.main;
  const anchor = view.posAtDOM(anchorNode, anchorOffset);
  const focus = view.posAtDOM(focusNode, focusOffset);
  return { from: Math.min(anchor, focus), to: Math.max(anchor, focus) };
}

function diagnosticsOf({ doc }: EditorState, marks: readonly LineMark[]): Diagnostic[] {
  return marks.map(({ line, column, severity, message }) => {
    // The document may have become shorter since it was checked.
    const at = doc.line(Math.min(line, doc.lines));
    return { from: Math.min(at.to, at.from + column - 1), to: at.to, severity, message };
  });
}

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], class: "token-key" },
  { tag: [tags.string, tags.content], class: "token-text" },
  { tag: [tags.comment, tags.lineComment], class: "token-comment" },
  { tag: [tags.keyword, tags.meta, tags.separator, tags.punctuation], class: "token-mark" },
]);

/** The page's own colours, which a shadow tree inherits: light and dark follow. */
const look = EditorView.theme({
  "&": {
    fontSize: "0.875rem",
    color: "var(--pf-t--global--text--color--regular)",
    backgroundColor: "var(--pf-t--global--background--color--primary--default)",
    border: "1px solid var(--pf-t--global--border--color--default)",
    borderRadius: "var(--pf-t--global--border--radius--small)",
  },
  "&.cm-focused": { outline: "2px solid var(--pf-t--global--color--brand--default)" },
  ".cm-scroller": {
    fontFamily: "var(--pf-t--global--font--family--mono)",
    lineHeight: "1.5",
    minHeight: "24rem",
    maxHeight: "36rem",
    overflow: "auto",
  },
  ".cm-content": { caretColor: "var(--pf-t--global--text--color--regular)" },
  ".cm-cursor": { borderLeftColor: "var(--pf-t--global--text--color--regular)" },
  ".cm-gutters": {
    color: "var(--pf-t--global--text--color--subtle)",
    backgroundColor: "var(--pf-t--global--background--color--secondary--default)",
    borderRight: "1px solid var(--pf-t--global--border--color--default)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "var(--pf-t--global--background--color--secondary--default)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--pf-t--global--background--color--action--plain--clicked, #b9dafc80)",
  },
  ".cm-tooltip": {
    color: "var(--pf-t--global--text--color--regular)",
    backgroundColor: "var(--pf-t--global--background--color--floating--default)",
    border: "1px solid var(--pf-t--global--border--color--default)",
  },
  ".token-key": { color: "var(--document-key)" },
  ".token-text": { color: "var(--document-text)" },
  ".token-comment": { color: "var(--pf-t--global--text--color--subtle)", fontStyle: "italic" },
  ".token-mark": { color: "var(--document-mark)" },
});
