import type { AuditSink } from "@pratique/core";
import type { CallLog } from "./call-record.ts";

/** Writes calls into the record of the host on which the server runs. */
export function logIntoSink(sink: AuditSink): CallLog {
  return {
    append: async ({ class: kind, action, actor, data, ...entry }) => {
      const { id, name, method, session, address } = actor;
      sink.append({
        class: kind,
        action,
        actor: id === "" ? "unknown" : id,
        data: { ...data, ...entry, name, method, session, address },
      });
    },
  };
}
