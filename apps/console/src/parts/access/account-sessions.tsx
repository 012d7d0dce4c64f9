import { endOwnSession, listOwnSessions, type OpenSession } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { readQuery } from "../../api/queries.ts";
import { Confirm } from "../confirm.tsx";
import { CsvAbove } from "../lists/csv-above.tsx";
import { Read } from "../read.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";
import { SessionTable } from "./session-table.tsx";

/** Where one is signed in oneself, and a way to end that elsewhere. */
export function OwnSessions() {
  const sessions = useQuery(readQuery(listOwnSessions));
  const [ended, setEnded] = useState<OpenSession>();
  const end = useAct(endOwnSession, { changes: [listOwnSessions] });
  return (
    <Section title="Where you are signed in">
      <Read query={sessions} what="your sessions">
        {({ items }) => (
          <CsvAbove endpoint={listOwnSessions} fileName="sessions">
            <SessionTable label="Your sessions" sessions={items} onEnd={setEnded} />
          </CsvAbove>
        )}
      </Read>
      {ended !== undefined && (
        <Confirm
          title={`Sign out at ${ended.address}?`}
          verb="Sign out there"
          act={end}
          onConfirm={() => end.run({ params: { sessionId: ended.id } })}
          onClose={() => {
            end.reset();
            setEnded(undefined);
          }}
        >
          <p>That browser has to sign in again. If it was not you, set another password as well.</p>
        </Confirm>
      )}
    </Section>
  );
}
