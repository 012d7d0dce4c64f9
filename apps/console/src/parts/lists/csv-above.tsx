import type { Endpoint } from "@pratique/api";
import type { ReactNode } from "react";
import type { CallInput } from "../../api/call.ts";
import { CsvButton } from "./csv-button.tsx";

interface CsvAboveProps {
  readonly endpoint: Endpoint;
  readonly input?: CallInput;
  /** Without its ending. */
  readonly fileName: string;
  readonly children: ReactNode;
}

/** A table that is read at once, with a way to save it as CSV. */
export function CsvAbove({ endpoint, input = {}, fileName, children }: CsvAboveProps) {
  return (
    <>
      <div className="csv-above">
        <CsvButton endpoint={endpoint} input={input} fileName={fileName} />
      </div>
      {children}
    </>
  );
}
