import type { AuditSink } from "@pratique/core";
import type { CallLog } from "./call-record.ts";

/** Writes calls into a log, and then into the record of the host on which the server runs. */
export function logAlsoInto(sink: AuditSink, log: CallLog): CallLog {
  return {
    append: async (entry) => {
      await log.append(entry);
      const { class: kind, action, actor, data, ...rest } = entry;
      const { id, name, method, session, address } = actor;
      sink.append({
        class: kind,
        action,
        actor: id === "" ? "unknown" : id,
        data: { ...data, ...rest, name, method, session, address },
      });
    },
  };
}
