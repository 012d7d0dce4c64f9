import { Dropdown, DropdownList, MenuToggle } from "@patternfly/react-core";
import { EllipsisVIcon } from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon.js";
import { type ReactNode, useState } from "react";

interface RowMenuProps {
  /** What is in it, and of which row. */
  readonly label: string;
  /** Items of a dropdown. */
  readonly children: ReactNode;
}

/** What can be done with a row besides what is done most. */
export function RowMenu({ label, children }: RowMenuProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right" }}
      toggle={(toggle) => (
        <MenuToggle
          ref={toggle}
          variant="plain"
          icon={<EllipsisVIcon />}
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
