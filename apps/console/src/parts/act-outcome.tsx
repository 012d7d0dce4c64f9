import { messageOf } from "@pratique/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sentence } from "../text/sentence.ts";
import { Alert } from "./alert.tsx";
import type { ActState } from "./use-act.ts";

interface ActOutcomeProps<Reply> {
  readonly act: Pick<ActState<Reply>, "error" | "data">;
  /** Said once it is done; nothing where that shows by itself. */
  readonly done?: ReactNode;
}

/** What came of an act: why it was refused, that it waits for a second person, or that it is done. */
export function ActOutcome<Reply>({ act: { error, data }, done }: ActOutcomeProps<Reply>) {
  if (error !== null)
    return <Alert isInline variant="danger" title={sentence(messageOf(error))} role="alert" />;
  if (data === undefined) return null;
  if (data.kind === "waits") {
    return (
      <Alert isInline variant="info" title="This waits for a second person" role="status">
        It happens once somebody else approves it.{" "}
        <Link to="/approvals/$approvalId" params={{ approvalId: data.approval.approvalId }}>
          See the approval
        </Link>
      </Alert>
    );
  }
  return done === undefined ? null : <Alert isInline variant="success" title={done} role="status" />;
}
