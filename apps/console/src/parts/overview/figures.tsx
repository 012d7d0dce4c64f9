import { Card, CardBody } from "@patternfly/react-core";
import type { Overview } from "@pratique/api";
import { Link } from "@tanstack/react-router";

interface Figure {
  readonly label: string;
  readonly value: number;
  /** Of how many. */
  readonly of?: number;
  /** What it is when it is not as it should be. */
  readonly bad: boolean;
  readonly to: string;
  readonly search: Readonly<Record<string, string>>;
}

/** The numbers that tell how the fleet stands, each with the way to what it counts. */
export function Figures({ overview }: { readonly overview: Overview }) {
  return (
    <div className="figures">
      {figuresOf(overview).map((figure) => (
        <FigureCard key={figure.label} figure={figure} />
      ))}
    </div>
  );
}

function figuresOf({ hosts, containers, images, launches }: Overview): readonly Figure[] {
  return [
    {
      label: "Hosts that enforce",
      value: hosts.enforcing,
      of: hosts.total,
      bad: hosts.enforcing < hosts.total,
      to: "/hosts",
      search: { gate: "enforcing" },
    },
    {
      label: "Hosts that report",
      value: hosts.reporting,
      of: hosts.total,
      bad: hosts.reporting < hosts.total,
      to: "/hosts",
      search: { agent: "reporting" },
    },
    {
      label: "Running with critical findings",
      value: containers.withCritical,
      of: containers.running,
      bad: containers.withCritical > 0,
      to: "/containers",
      search: { severity: "critical", state: "running" },
    },
    {
      label: "Images not fully assessed",
      value: images.notAssessed,
      of: images.total,
      bad: images.notAssessed > 0,
      to: "/images",
      search: { assessment: "not-complete" },
    },
    {
      label: "Refused in 24 hours",
      value: launches.denied,
      bad: false,
      to: "/launches",
      search: { outcome: "denied" },
    },
  ];
}

function FigureCard({ figure: { label, value, of, bad, to, search } }: { readonly figure: Figure }) {
  return (
    <Card isCompact>
      <CardBody>
        <Link to={to} search={search} className="figure">
          <span className="figure-label">{label}</span>
          <span className={bad ? "figure-value alarm" : "figure-value"}>
            {value.toLocaleString("en")}
            {of !== undefined && <span className="figure-of"> of {of.toLocaleString("en")}</span>}
          </span>
        </Link>
      </CardBody>
    </Card>
  );
}
