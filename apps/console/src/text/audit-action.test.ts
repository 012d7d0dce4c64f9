import { expect, it } from "vitest";
import { auditActionWords } from "./audit-action.ts";

it.each([
  ["putPolicy", "Makes or changes a policy"],
  ["respondToContainer", "Acts on a running container"],
  ["createSignInLink", "Makes a link that signs in to the console, once"],
  ["putRecords", "Takes records in order"],
  ["session.started", "Somebody has signed in"],
  ["respond.failed", "An order to act on a container failed"],
  ["scan-image.expired", "An order to scan an image was not carried out in its time"],
  ["something.new", "something.new"],
  ["constructor", "constructor"],
])("says %s as %s", (action, expected) => expect(auditActionWords(action)).toBe(expected));
