// Writes sixty events, one after the other, into a log that another process writes to as well.
import process from "node:process";
import { DirectoryTreeStorage } from "../directory-storage.ts";
import { event, openLog } from "./sample.ts";

const [directory = "", name = ""] = process.argv.slice(2);
await using storage = new DirectoryTreeStorage(directory);
const log = openLog({ storage, now: () => new Date() });
for (let at = 0; at < 60; at += 1) {
  await log.append(event(`${name}${at}`));
  if (at % 20 === 19) await log.checkpoint();
}
