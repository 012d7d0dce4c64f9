import { listRules, type RuleFileEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { CsvHere } from "../lists/csv-here.tsx";
import { ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { Section } from "../section.tsx";
import { ruleColumns, ruleRows } from "./rule-columns.tsx";

const LOOK_AGAIN_MS = 15_000;

/** The rules that a file makes or changes, and what hosts do by each. */
export function RulesOfFile({ file: { name, enabled } }: { readonly file: RuleFileEntry }) {
  const rules = useQuery({ ...readQuery(listRules), refetchInterval: LOOK_AGAIN_MS });
  return (
    <div className="rules-of-file">
      <Section title="Rules of this file, on hosts">
        <Read query={rules} what="rules">
          {({ items }) => {
            const own = items.filter(
              ({ ruleFile, changedBy }) => ruleFile === name || changedBy.includes(name),
            );
            if (own.length === 0) {
              return (
                <p className="subtle">
                  {enabled
                    ? "It makes no rules, and changes none."
                    : "While it is switched off, no host goes by it."}
                </p>
              );
            }
            return (
              <CsvHere fileName="rules-of-the-file" rows={ruleRows(own)}>
                <ListTable
                  label="Rules of this file"
                  columns={ruleColumns}
                  items={own}
                  keyOf={({ rule }) => rule}
                />
              </CsvHere>
            );
          }}
        </Read>
      </Section>
    </div>
  );
}
