import { GridItem } from "@patternfly/react-core";
import { listChannels, type Overview, showOverview } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { Command } from "../command.tsx";
import { Section } from "../section.tsx";

interface Step {
  readonly title: string;
  readonly text: ReactNode;
  readonly commands: readonly string[];
}

/** What is still to be done before an installation shows anything, for those who may. */
export function FirstSteps() {
  const may = useMay();
  const maySetUp = may("settings.read") !== undefined && may("settings.write") !== undefined;
  const overview = useQuery(readQuery(showOverview));
  const channels = useQuery({ ...readQuery(listChannels), enabled: maySetUp });
  const steps = [
    ...(overview.data !== undefined && may("hosts.join") !== undefined ? fleetSteps(overview.data) : []),
    ...(channels.data?.items.length === 0 ? [channelStep] : []),
  ];
  if (steps.length === 0) return null;
  return (
    <GridItem span={12}>
      <Section title="First steps">
        <ol className="steps" aria-label="First steps">
          {steps.map(({ title, text, commands }) => (
            <li key={title} className="panel">
              <span className="strong">{title}</span>
              <span>{text}</span>
              {commands.length > 0 && (
                <span className="label-row">
                  {commands.map((command) => (
                    <Command key={command}>{command}</Command>
                  ))}
                </span>
              )}
            </li>
          ))}
        </ol>
      </Section>
    </GridItem>
  );
}

function fleetSteps({ hosts, images }: Overview): readonly Step[] {
  return [...(hosts.total === 0 ? [hostStep] : []), ...(images.total === 0 ? [imageStep] : [])];
}

const hostStep: Step = {
  title: "Watch a host",
  text: (
    <>
      The first command watches the machine of this server. The second one makes the token with which another
      machine joins, as “Join a host” under <Link to="/hosts">Hosts</Link> does.
    </>
  ),
  commands: ["sudo pratique agent", "sudo pratique server join-token"],
};

const imageStep: Step = {
  title: "Have an image scanned",
  text: (
    <>
      A host that is watched scans each image that it has or gets. Those of a registry are scanned once it
      stands under <Link to="/registries">Registries</Link>.
    </>
  ),
  commands: ["docker pull nginx:1.27"],
};

const channelStep: Step = {
  title: "Say who is told",
  text: (
    <>
      Nobody hears of anything before there is a channel: make one, and try it, under{" "}
      <Link to="/settings/$section" params={{ section: "channels" }}>
        Settings
      </Link>
      .
    </>
  ),
  commands: [],
};
