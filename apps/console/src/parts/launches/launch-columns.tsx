import { type LaunchEntry, listLaunches } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { addressOf } from "../../api/address.ts";
import { shortReference } from "../../text/short-reference.ts";
import type { Column } from "../lists/list-table.tsx";
import { Name } from "../name.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { OutcomeLabel } from "./verdict-label.tsx";

/** Keeps the filter of the list that one comes from, where it is one of launches. */
const launchAddress = addressOf(listLaunches);

const what: Column<LaunchEntry> = {
  label: "Container",
  cell: (launch) => (
    <>
      <Link
        to="/launches/$launchId"
        params={{ launchId: launch.id }}
        search={(search) => launchAddress(search)}
        className="strong break"
      >
        {launch.container === "" ? "unnamed" : launch.container}
      </Link>
      <div className="subtle break" title={launch.image}>
        {shortReference(launch.image)} ({launch.action})
      </div>
    </>
  ),
};

const verdict: Column<LaunchEntry> = {
  label: "Verdict",
  cell: ({ outcome }) => <OutcomeLabel outcome={outcome} />,
};

const time: Column<LaunchEntry> = { label: "Time", cell: (launch) => <RelativeTime time={launch.time} /> };

/** Launches with what was decided, and why. */
export const launchColumns: readonly Column<LaunchEntry>[] = [
  what,
  verdict,
  { label: "Reasons", cell: (launch) => <Reasons launch={launch} /> },
  { label: "Host", cell: ({ host }) => <Name text={host} /> },
  { label: "Caller", cell: ({ caller }) => <Name text={caller} /> },
  time,
];

/** The same beside a launch that is shown with all that is left out here. */
export const narrowLaunchColumns: readonly Column<LaunchEntry>[] = [what, verdict, time];

function Reasons({ launch }: { readonly launch: LaunchEntry }) {
  const [first, ...more] = launch.reasons;
  if (first === undefined) {
    const words = launch.evidence === undefined ? "within the policies" : "kept as evidence";
    return <span className="subtle">{words}</span>;
  }
  return (
    <>
      <span>{first.message}</span>
      <div className="subtle break">
        {first.value}
        {more.length > 0 && `, and ${more.length} more`}
      </div>
    </>
  );
}
