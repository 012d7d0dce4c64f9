import { orderedActions } from "@pratique/api";
import { expect, it } from "vitest";
import { addressesIn, responseActs, responseActText } from "./response-acts.ts";

it("offers each action of the contract once", () => {
  expect(responseActs.map(({ action }) => action).toSorted()).toEqual([...orderedActions].toSorted());
  expect(responseActText("quarantine")).toBe("Quarantine");
});

it.each<[string, readonly string[] | undefined]>([
  ["", []],
  [" 203.0.113.7, 2001:db8::7\n10.0.0.1 ", ["203.0.113.7", "2001:db8::7", "10.0.0.1"]],
  ["::ffff:203.0.113.7", ["::ffff:203.0.113.7"]],
  ["203.0.113.7 evil.example", undefined],
  ["10.0.0.0/8", undefined],
  ["cafe", undefined],
  ["203.0.113.7 0.0.0.0", undefined],
  ["0:0:0:0:0:ffff:0.0.0.0", undefined],
  ["::", undefined],
])("reads the addresses in %o", (text, expected) => {
  expect(addressesIn(text)).toEqual(expected);
});
