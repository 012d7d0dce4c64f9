import { EmptyState, Label } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import type { Attention } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { parseSearch } from "../../api/address.ts";
import { RelativeTime } from "../relative-time.tsx";
import { Empty } from "../states.tsx";

const looks = {
  critical: { color: "red", text: "now" },
  high: { color: "orangered", text: "today" },
  medium: { color: "yellow", text: "soon" },
  info: { color: "blue", text: "to know" },
} as const satisfies Record<Attention["severity"], object>;

interface AttentionListProps {
  readonly items: readonly Attention[];
  /** No host has ever reported: that nothing is known is no good news. */
  readonly isUnwatched: boolean;
}

/** What needs a person today, worst first. */
export function AttentionList({ items, isUnwatched }: AttentionListProps) {
  if (items.length === 0 && isUnwatched) {
    return (
      <Empty title="No host is watched yet">
        Nothing is known that could need a person. Hosts join under <Link to="/hosts">Hosts</Link>.
      </Empty>
    );
  }
  if (items.length === 0) {
    return (
      <EmptyState
        variant="xs"
        status="success"
        icon={CheckCircleIcon}
        titleText="Nothing needs a person today"
        headingLevel="h3"
      />
    );
  }
  return (
    <ul className="attention" aria-label="What needs a person">
      {items.map((item) => (
        <li key={`${item.kind} ${item.link} ${item.title}`}>
          <Label isCompact color={looks[item.severity].color}>
            {looks[item.severity].text}
          </Label>
          <span>
            <PlaceLink href={item.link}>{item.title}</PlaceLink>
            {item.since !== null && (
              <span className="subtle">
                {" "}
                since <RelativeTime time={item.since} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** A link to a place that the server names; anything but a place of this console is shown as text. */
function PlaceLink({ href, children }: { readonly href: string; readonly children: string }) {
  if (!/^\/(?![/\\])/u.test(href)) return <span>{children}</span>;
  const [to = "/", query = ""] = href.split("?");
  return (
    <Link to={to} search={parseSearch(query)} className="break">
      {children}
    </Link>
  );
}
