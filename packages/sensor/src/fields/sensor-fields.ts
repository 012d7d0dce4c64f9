import type { FieldCatalog, FieldReader } from "@pratique/core";
import type { SensorEvent } from "../events/sensor-event.ts";
import { containerFields, kubernetesFields } from "./container-fields.ts";
import { descriptorFields } from "./descriptor-fields.ts";
import { eventFields } from "./event-fields.ts";
import { type FieldTable, RowReader } from "./field-row.ts";
import { pathFields } from "./path-fields.ts";
import { pratiqueFields } from "./pratique-fields.ts";
import { processFields } from "./process-fields.ts";
import { threadFields } from "./thread-fields.ts";
import { userFields } from "./user-fields.ts";

/** Every field by its name, in the order of the reference. */
export const fieldTable: FieldTable = {
  ...eventFields,
  ...processFields,
  ...threadFields,
  ...descriptorFields,
  ...pathFields,
  ...userFields,
  ...containerFields,
  ...kubernetesFields,
  ...pratiqueFields,
};

/** The fields of the rule language that this sensor can tell of its events. */
export class SensorFields implements FieldCatalog<SensorEvent> {
  reader(name: string, argument: string | undefined): FieldReader<SensorEvent> | undefined {
    const exact = rowOf(name, argument);
    if (exact !== undefined || argument !== undefined) return exact;
    // `evt.arg.flags` is `evt.arg` with `flags`; names of labels have dots of their own.
    for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
      const dotted = rowOf(name.slice(0, dot), name.slice(dot + 1));
      if (dotted !== undefined) return dotted;
    }
    return undefined;
  }
}

function rowOf(name: string, argument: string | undefined): FieldReader<SensorEvent> | undefined {
  const row = Object.hasOwn(fieldTable, name) ? fieldTable[name] : undefined;
  const read = argument === undefined ? row?.read : row?.readWith?.(argument);
  if (row === undefined || read === undefined) return undefined;
  return new RowReader(row.type, row.isList && argument === undefined, read);
}
