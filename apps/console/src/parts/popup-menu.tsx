import { Dropdown, DropdownList, MenuToggle, type MenuToggleProps } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

interface PopupMenuProps {
  /** What is in it, and of what. */
  readonly label: string;
  /** How what opens it looks. */
  readonly toggle: Pick<MenuToggleProps, "variant" | "icon" | "children">;
  /** Items of a dropdown. */
  readonly children: ReactNode;
}

/** A menu that opens at a press, and closes once something was chosen. */
export function PopupMenu({ label, toggle: face, children }: PopupMenuProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      // A dialog that a choice opens gives the focus back to what has it now: the item is gone by then.
      shouldFocusToggleOnSelect
      popperProps={{ position: "right" }}
      toggle={(toggle) => (
        <MenuToggle
          {...face}
          ref={toggle}
          isExpanded={open}
          aria-label={label}
          onClick={() => setOpen(!open)}
        />
      )}
    >
      <DropdownList>{children}</DropdownList>
    </Dropdown>
  );
}
