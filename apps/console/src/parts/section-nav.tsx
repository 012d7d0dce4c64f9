import { Nav, NavItem, NavList, PageSection } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";

/** One part of a page with an address of its own. */
interface PagePart {
  readonly id: string;
  readonly label: string;
}

interface SectionNavProps {
  readonly label: string;
  /** Where the parts lie: `/access`. */
  readonly to: "/access" | "/settings";
  readonly parts: readonly PagePart[];
  readonly current: string | undefined;
}

/** Leads to the parts of a page. */
export function SectionNav({ label, to, parts, current }: SectionNavProps) {
  // On a narrow screen the parts stand in a line that scrolls.
  useEffect(() => {
    if (current === undefined) return;
    document.getElementById(`part-${current}`)?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);
  return (
    <PageSection type="subnav">
      <Nav variant="horizontal-subnav" aria-label={label}>
        <NavList>
          {parts.map((part) => (
            <NavItem key={part.id} itemId={part.id} isActive={part.id === current}>
              <Link
                to={`${to}/$section`}
                id={`part-${part.id}`}
                params={{ section: part.id }}
                aria-current={part.id === current ? "page" : undefined}
              >
                {part.label}
              </Link>
            </NavItem>
          ))}
        </NavList>
      </Nav>
    </PageSection>
  );
}
