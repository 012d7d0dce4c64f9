import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { dryRunPolicy, type ReplyOf } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { csvRows } from "../../text/csv.ts";
import { formatCount } from "../../text/format.ts";
import { DraftTrial } from "../documents/draft-trial.tsx";
import type { DocumentDraft } from "../documents/use-document-draft.ts";
import { OutcomeLabel } from "../launches/verdict-label.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";

type DryRunReply = ReplyOf<typeof dryRunPolicy>;
type ChangedLaunch = DryRunReply["changed"][number];

interface DryRunProps {
  readonly draft: DocumentDraft["content"];
  /** The policy that the draft stands for; absent for a new one. */
  readonly policy: string | undefined;
}

/** Judges recorded launches anew with the draft, and shows which would have ended otherwise. */
export function DryRun({ draft, policy }: DryRunProps) {
  const run = useAct(dryRunPolicy);
  return (
    <DraftTrial
      explanation="The last recorded launches are judged anew with this draft. Nothing is saved, and nothing is refused."
      verb="Try it on recorded launches"
      trial={run}
      isDisabled={draft === undefined}
      onTry={() => run.run({ body: { ...draft, ...(policy !== undefined && { policy }) } })}
    >
      {(result) => <Result result={result} />}
    </DraftTrial>
  );
}

function Result({ result }: { readonly result: DryRunReply }) {
  const { judged, skipped, newlyDenied, newlyAllowed, changed } = result;
  return (
    <>
      <p role="status">
        <strong>
          {`${formatCount(newlyDenied, "launch", "launches")} would be denied now, ${newlyAllowed.toLocaleString("en")} would be allowed`}
        </strong>
        , of {judged.toLocaleString("en")} that were judged anew.
        {skipped > 0 &&
          ` ${skipped.toLocaleString("en")} could not be, for want of a report or of the launch.`}
      </p>
      {changed.length > 0 && (
        <CsvHere fileName="launches-that-would-end-otherwise" rows={csvRows(changed, changedCells)}>
          <Changed changed={changed} />
        </CsvHere>
      )}
    </>
  );
}

const changedCells = {
  launch: ({ launchId }: ChangedLaunch) => launchId,
  time: ({ time }: ChangedLaunch) => time,
  host: ({ host }: ChangedLaunch) => host,
  container: ({ container }: ChangedLaunch) => container,
  image: ({ image }: ChangedLaunch) => image,
  before: ({ before }: ChangedLaunch) => before,
  after: ({ after }: ChangedLaunch) => after,
  because: ({ reasons }: ChangedLaunch) =>
    reasons.map(({ rule, message, value }) => `${rule}: ${message}: ${value}`).join("\n"),
};

function Changed({ changed }: Pick<DryRunReply, "changed">) {
  return (
    <Table variant="compact" aria-label="Launches that would end otherwise" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>Container</Th>
          <Th>Before</Th>
          <Th>After</Th>
          <Th>Because</Th>
          <Th>Time</Th>
        </Tr>
      </Thead>
      <Tbody>
        {changed.map(({ launchId, time, host, container, image, before, after, reasons }) => (
          <Tr key={launchId}>
            <Td dataLabel="Container">
              <Link to="/launches/$launchId" params={{ launchId }}>
                {container === "" ? "unnamed" : container}
              </Link>
              <div className="subtle break">
                {image} on {host}
              </div>
            </Td>
            <Td dataLabel="Before">
              <OutcomeLabel outcome={before === "allow" ? "allowed" : "denied"} />
            </Td>
            <Td dataLabel="After">
              <OutcomeLabel outcome={after === "allow" ? "allowed" : "denied"} />
            </Td>
            <Td dataLabel="Because">
              {reasons.length === 0 && <span className="subtle">no rule is broken any more</span>}
              {reasons.map(({ rule, message, value }) => (
                <div key={`${rule} ${value}`}>
                  <code>{rule}</code> {message}
                  <div className="subtle break">{value}</div>
                </div>
              ))}
            </Td>
            <Td dataLabel="Time">
              <RelativeTime time={time} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
