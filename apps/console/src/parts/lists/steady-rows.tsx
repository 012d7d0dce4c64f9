import { Label } from "@patternfly/react-core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { holdRows } from "../../text/held-rows.ts";

interface SteadyRowsProps<Item> {
  /** Which list it is, as it is narrowed, ordered and turned to; undefined while another is on its way. */
  readonly place: string | undefined;
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly children: (rows: readonly Item[]) => ReactNode;
}

/**
 * Rows that stay where they are while the pointer is on them, so that nothing else lies under it when it is pressed.
 * What has come in meanwhile is counted, and shown once the pointer leaves.
 */
export function SteadyRows<Item>({ place, items, keyOf, children }: SteadyRowsProps<Item>) {
  const [isPointedAt, setPointedAt] = useState(false);
  const shown = useRef({ place, rows: items });
  const isSame = place !== undefined && shown.current.place === place;
  const held = isPointedAt && isSame ? holdRows(shown.current.rows, items, keyOf) : undefined;
  const rows = held?.rows ?? items;
  useEffect(() => {
    shown.current = { place, rows };
  }, [place, rows]);
  return (
    <div
      className="steady"
      onPointerEnter={({ pointerType }) => setPointedAt(pointerType === "mouse")}
      onPointerLeave={() => setPointedAt(false)}
    >
      <div className="newcomers" role="status">
        {held !== undefined && (
          <Label
            color="blue"
            variant="filled"
          >{`${held.waiting.toLocaleString("en")} new, shown when the pointer leaves the list`}</Label>
        )}
      </div>
      {children(rows)}
    </div>
  );
}
