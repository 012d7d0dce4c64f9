import { expect, it } from "vitest";
import { terminalAbilities } from "./terminal-abilities.ts";

it.each([
  [{}, { color: true, redraw: true }],
  [
    { TERM: "xterm-256color", NO_COLOR: "" },
    { color: true, redraw: true },
  ],
  [
    { TERM: "xterm-256color", NO_COLOR: "1" },
    { color: false, redraw: true },
  ],
  [{ TERM: "dumb" }, { color: false, redraw: false }],
])("takes %j for %j", (environment, abilities) => {
  expect(terminalAbilities(environment)).toEqual(abilities);
});
