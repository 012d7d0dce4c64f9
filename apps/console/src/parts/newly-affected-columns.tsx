import type { NewlyAffectedImage } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatCount, shortDigest } from "../text/format.ts";
import type { Column } from "./list-table.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { SeverityCounts } from "./severity-label.tsx";

/** Images that new advisories affect, with what these tell of them. */
export const newlyAffectedColumns: readonly Column<NewlyAffectedImage>[] = [
  { label: "Image", cell: (image) => <Name image={image} /> },
  { label: "Running", cell: ({ running }) => <Running containers={running} /> },
  { label: "Newly found", cell: (image) => <Found image={image} /> },
  { label: "The worst of it", cell: ({ worst }) => <Worst ids={worst} /> },
  {
    label: "Known",
    info: "When an advisory first told of it. The image has not changed since it was scanned",
    cell: ({ affectedAt }) => <RelativeTime time={affectedAt} />,
  },
];

function Name({ image: { imageId, reference } }: { readonly image: NewlyAffectedImage }) {
  return (
    <>
      <Link to="/images/$imageId" params={{ imageId }} className="strong reference">
        {reference}
      </Link>
      <div className="subtle">{shortDigest(imageId)}</div>
    </>
  );
}

function Running({ containers }: { readonly containers: number }) {
  if (containers === 0) return <span className="subtle nowrap">not running</span>;
  return <span className="strong nowrap">{formatCount(containers, "container")}</span>;
}

function Found({ image }: { readonly image: NewlyAffectedImage }) {
  const { fixable, knownExploited } = image;
  return (
    <>
      <SeverityCounts counts={image} assessment="complete" />
      {fixable + knownExploited > 0 && (
        <div className="subtle">
          {knownExploited > 0 && <span className="alarm">{knownExploited} known exploited, </span>}
          {fixable.toLocaleString("en")} with a fix
        </div>
      )}
    </>
  );
}

const SHOWN = 3;

function Worst({ ids }: { readonly ids: readonly string[] }) {
  return (
    <>
      {ids.slice(0, SHOWN).map((vulnerability) => (
        <div key={vulnerability} className="nowrap stacked-link">
          <Link to="/findings/vulnerabilities/$vulnerability" params={{ vulnerability }}>
            {vulnerability}
          </Link>
        </div>
      ))}
      {ids.length > SHOWN && <div className="subtle">and more</div>}
    </>
  );
}
