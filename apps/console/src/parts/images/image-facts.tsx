import type { ImageDetail } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatBytes, formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { Fact, Facts } from "../facts.tsx";
import { AssessmentLabel, VerdictLabel } from "../launches/verdict-label.tsx";
import { RelativeTime } from "../relative-time.tsx";

interface ImageFactsProps {
  readonly detail: ImageDetail;
}

/** What an image is. */
export function ImageFacts({ detail: { image, names, user, packageTypes, base } }: ImageFactsProps) {
  const packages = packageTypes
    .map(({ type, packages: count }) => `${count.toLocaleString("en")} ${type}`)
    .join(", ");
  return (
    <Facts label="Image">
      <Fact term="Image id">
        <code className="break">{image.imageId}</code>
      </Fact>
      {names.length > 0 && (
        <Fact term="Comes from">
          <ul className="plain-list">
            {names.map(({ repository, hosts }) => (
              <li key={repository}>
                <code className="break">{repository}</code>
                <SaidBy hosts={hosts} />
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {base !== undefined && (
        <Fact term="Built on">
          <span className="break">
            {base.imageId === undefined ? (
              base.reference
            ) : (
              <Link to="/images/$imageId" params={{ imageId: base.imageId }}>
                {base.reference}
              </Link>
            )}
          </span>{" "}
          <span className="subtle">
            {base.layers === undefined
              ? "as the image says; its layers do not show it"
              : `its lowest ${base.layers === 1 ? "layer" : `${base.layers} layers`}`}
          </span>
        </Fact>
      )}
      <Fact term="System">
        {image.distro ?? "none recognised"}
        {image.platform !== undefined && `, ${image.platform}`}
      </Fact>
      <Fact term="Runs as">
        {user === "" || user === "0" || user === "root" ? <span className="alarm">root</span> : user}
      </Fact>
      <Fact term="Size">{image.sizeBytes === undefined ? "unknown" : formatBytes(image.sizeBytes)}</Fact>
      <Fact term="Packages">
        {image.packages.toLocaleString("en")}
        {packages !== "" && <span className="subtle"> ({packages})</span>}
      </Fact>
      {image.created !== undefined && !Number.isNaN(Date.parse(image.created)) && (
        <Fact term="Built">
          <RelativeTime time={image.created} />
        </Fact>
      )}
    </Facts>
  );
}

/** Where an image was pulled from is known by the word of hosts alone. */
function SaidBy({ hosts: [first, ...more] }: { readonly hosts: readonly string[] }) {
  if (first === undefined) return null;
  return (
    <span className="subtle">
      {", says "}
      <Link to="/hosts/$host" params={{ host: first }}>
        {first}
      </Link>
      {more.length > 0 && ` with ${formatCount(more.length, "other host")}`}
    </span>
  );
}

/** How an image was judged, and where it is. */
export function ImageState({ detail: { image, advisories, hosts, running } }: ImageFactsProps) {
  return (
    <Facts label="State">
      <Fact term="Assessment">
        <AssessmentLabel state={image.assessment} />
      </Fact>
      <Fact term="Last verdict">
        <VerdictLabel verdict={image.lastVerdict} />
      </Fact>
      <Fact term="Scanned">
        <RelativeTime time={image.scannedAt} />
        <span className="subtle"> against {formatCount(advisories.length, "source")} of advisories</span>
      </Fact>
      <Fact term="Lies on">{formatCount(hosts.length, "host")}</Fact>
      <Fact term="Runs in">{formatCount(running, "container")}</Fact>
      <Fact term="Can be mended">
        {formatCount(image.fixable, "finding has a fix", "findings have a fix")}
        {image.knownExploited > 0 && (
          <span className="alarm">, {image.knownExploited.toLocaleString("en")} known exploited</span>
        )}
      </Fact>
    </Facts>
  );
}

/** Why an image could not be judged, or not all of it. */
export function AssessmentAlert({ detail: { image, reasons } }: ImageFactsProps) {
  if (image.assessment === "complete") return null;
  const none = image.assessment === "none";
  return (
    <Alert
      isInline
      variant={none ? "danger" : "warning"}
      title={none ? "This image could not be assessed" : "This image was assessed in part"}
    >
      <ul className="plain-list">
        {reasons.map(({ code, message, path }) => (
          <li key={`${code} ${path} ${message}`}>
            {message} {path !== undefined && <code className="break">{path}</code>}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

/** That hosts contradict each other about an image, and which ones: nobody else can tell which of them is wrong. */
export function DisputeAlert({ detail: { dispute } }: ImageFactsProps) {
  if (dispute === undefined) return null;
  return (
    <Alert isInline variant="danger" title="Hosts contradict each other about this image">
      They judged it by the same advisories and say different things of it, or list other layers, since{" "}
      <RelativeTime time={dispute.since} />: one of them is wrong. The worse report is shown.
      {dispute.hosts.length > 0 && (
        <ul className="plain-list">
          {dispute.hosts.map((host) => (
            <li key={host}>
              <Link to="/hosts/$host" params={{ host }}>
                {host}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
