import { capabilityText } from "../events/flag-names.ts";
import { type FieldTable, numeric, text, truth } from "./field-row.ts";

/** `thread.*`. */
export const threadFields: FieldTable = {
  "thread.tid": numeric("number of the thread on the host", ({ record }) => record.tid),
  "thread.vtid": numeric("number of the thread in its namespace", ({ process }) => process.facts.vtid),
  "thread.ismain": truth(
    "whether it is the first thread of the process",
    ({ record }) => record.tid === record.pid,
  ),
  "thread.cpu": numeric("number of the processor", ({ record }) => record.cpu),
  "thread.cap_permitted": text("capabilities that it may take", ({ process }) =>
    capabilityText(process.facts.capPermitted),
  ),
  "thread.cap_effective": text("capabilities that are in force", ({ process }) =>
    capabilityText(process.facts.capEffective),
  ),
  "thread.cap_inheritable": text("capabilities that it may hand on", ({ process }) =>
    capabilityText(process.facts.capInheritable),
  ),
};
