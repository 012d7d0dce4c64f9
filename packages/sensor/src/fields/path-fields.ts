import type { EventPaths } from "../events/event-rows.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import { type FieldTable, text } from "./field-row.ts";

/** `fs.path.*`: what a call names, whether or not it opens it. */
export const pathFields: FieldTable = {
  "fs.path.name": text("the path that the call is about", (event) => meant(event, "name")),
  "fs.path.nameraw": text("the path that the call is about, as written", (event) => raw(event, "name")),
  "fs.path.source": text("what is moved, linked or mounted", (event) => meant(event, "source")),
  "fs.path.sourceraw": text("what is moved, linked or mounted, as written", (event) => raw(event, "source")),
  "fs.path.target": text("where it leads or goes to", (event) => meant(event, "target")),
  "fs.path.targetraw": text("where it leads or goes to, as written", (event) => raw(event, "target")),
};

function meant(event: SensorEvent, which: keyof EventPaths): string | undefined {
  const name = event.row.paths?.[which];
  return name === undefined ? undefined : event.argument(name);
}

function raw(event: SensorEvent, which: keyof EventPaths): string | undefined {
  const name = event.row.paths?.[which];
  const value = name === undefined ? undefined : event.row.byName.get(name)?.raw(event);
  return value === undefined ? undefined : String(value);
}
