import "../runtime.css";
import type { ReactNode } from "react";

interface ScrollerProps {
  /** Names it for those who hear it. */
  readonly label: string;
  /** Takes no more room than the few facts beside it. */
  readonly isLow?: boolean;
  readonly children: ReactNode;
}

/** Something large in a small place. It takes the focus, so that it can be scrolled with the keyboard. */
export function Scroller({ label, isLow = false, children }: ScrollerProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard (WCAG 2.2, 2.1.1).
    <section className={isLow ? "scroller scroller-low" : "scroller"} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
