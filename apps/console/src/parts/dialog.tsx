import { Modal, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";

interface DialogProps {
  /** Begins the ids of its parts. */
  readonly id: string;
  readonly title: string;
  readonly description?: string | undefined;
  /** `medium` has room for a form. */
  readonly size?: "small" | "medium";
  /** What is asked cannot be taken back: it is marked, and the keyboard begins at the last button, which does nothing. */
  readonly isGrave?: boolean;
  /** It shows what is never shown again, which is not lost by a key. */
  readonly showsSecret?: boolean;
  readonly onClose: () => void;
  /** The body and the footer. */
  readonly children: ReactNode;
}

/** A window over the page. The keyboard begins in its first field, or at its first button where it has none. */
export function Dialog({ id, title, description, size = "small", onClose, children, ...props }: DialogProps) {
  const { isGrave = false, showsSecret = false } = props;
  const titleId = `${id}-title`;
  return (
    <Modal
      isOpen
      variant={size}
      aria-labelledby={titleId}
      elementToFocus={firstOf(titleId, isGrave)}
      onClose={onClose}
      onEscapePress={() => {
        if (!showsSecret) onClose();
      }}
    >
      <ModalHeader
        title={title}
        labelId={titleId}
        description={description}
        {...(isGrave && { titleIconVariant: "warning" as const })}
      />
      {children}
    </Modal>
  );
}

/** A selector. The button that closes comes before all in the document, and is where nobody wants to begin. */
function firstOf(titleId: string, isGrave: boolean): string {
  const dialog = `[aria-labelledby="${titleId}"]`;
  const field = `${dialog} :is(input, select, textarea):enabled`;
  return isGrave
    ? `${field}, ${dialog} footer :is(button, a):last-child`
    : `${field}, ${dialog} footer :is(button, a)`;
}
