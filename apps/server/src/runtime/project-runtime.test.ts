import type { AuditRecord } from "@pratique/core";
import { assert, jsonValue, property } from "fast-check";
import { expect, it } from "vitest";
import { chainOf, detectionData, digestOf } from "../testdata/samples.ts";
import { projectRuntime } from "./project-runtime.ts";

const IMAGE = "ghcr.io/acme/app:1";

function recordOf(kind: AuditRecord["class"], data: unknown): AuditRecord {
  const [first] = chainOf([{}]);
  if (first === undefined) throw new Error("no record");
  // Whatever a host may have written.
  return { ...first, class: kind, action: `${kind}.raised`, data: data as AuditRecord["data"] };
}

it("reads what is to be found of a detection", () => {
  expect(projectRuntime(recordOf("detection", detectionData(IMAGE)))).toMatchObject({
    kind: "detection",
    detection: "d-1",
    priority: "critical",
    image: IMAGE,
    imageId: digestOf(IMAGE),
    containerId: "c1",
    words: ["a program that was not in the image ran (file=/tmp/x)", "app", "c1"],
    document: { techniques: ["T1105"], container: "app", action: "kill", outcome: "prevented" },
  });
});

it("reads a detection of the host's own processes", () => {
  const found = projectRuntime(
    recordOf("detection", detectionData(IMAGE, { container: null, action: null })),
  );
  expect(found).toMatchObject({ image: "", document: { container: "", image: "" } });
  expect(found).not.toHaveProperty("containerId");
  expect(found).not.toHaveProperty("document.action");
});

it("reads where what the container did was saved", () => {
  const capture = "/var/lib/pratique/captures/20260102T030405678Z-aaaaaaaaaaaa-00000001";
  const found = projectRuntime(recordOf("detection", detectionData(IMAGE, { capture })));
  expect(found).toMatchObject({ document: { capture } });
  expect(projectRuntime(recordOf("detection", detectionData(IMAGE)))).not.toHaveProperty("document.capture");
});

it("reads what was done", () => {
  const data = {
    act: "a-1",
    trigger: "d-1",
    container: { id: "c1", name: "app", image: IMAGE },
    action: "pause",
    outcome: "acted",
    reason: "by policy",
    decidedBy: "policy",
    tookMs: 12.5,
    proof: { proved: true },
    steps: [],
  };
  expect(projectRuntime(recordOf("response", data))).toEqual({
    kind: "response",
    detection: "d-1",
    image: IMAGE,
    containerId: "c1",
    document: {
      event: "response.raised",
      act: "a-1",
      action: "pause",
      outcome: "acted",
      reason: "by policy",
      decidedBy: "policy",
      container: "app",
      containerId: "c1",
      tookMs: 12.5,
      proved: true,
    },
  });
});

it("reads what is only intended yet, of which nothing was done or proved", () => {
  const data = { act: "a-1", container: { id: "c1", name: "app", image: IMAGE }, action: "cut" };
  expect(projectRuntime(recordOf("response", data))).toMatchObject({
    kind: "response",
    document: { act: "a-1", action: "cut", outcome: "", container: "app" },
  });
});

it.each([
  ["was proved", { result: "proved", proved: true }, true],
  ["was not proved", { result: "not-proved", proved: false }, false],
  ["needed no proof", { result: "not-needed", proved: false }, undefined],
  ["was not looked at", null, undefined],
  ["is no proof", "yes", undefined],
])("says of what %s whether it was", (_, proof, expected) => {
  const found = projectRuntime(recordOf("response", { act: "a-1", proof }));
  expect(found).toMatchObject({ document: { act: "a-1" } });
  expect(Object(found).document.proved).toBe(expected);
});

it.each([
  ["an event that this server does not know", { eventType: "teleport" }],
  ["a priority that there is not", { priority: "urgent" }],
  ["more tags than a rule has", { tags: Array.from({ length: 65 }, () => "t") }],
  ["a text that is too long", { output: "x".repeat(70_000) }],
  ["no rule", { rule: null }],
])("says that it cannot read %s", (_, change) => {
  expect(projectRuntime(recordOf("detection", detectionData(IMAGE, change)))).toBe("unreadable");
});

it("leaves all other records alone", () => {
  expect(projectRuntime(recordOf("verdict", detectionData(IMAGE)))).toBeUndefined();
});

it("takes no new set of indicators for a detection that cannot be read", () => {
  const replaced = {
    ...recordOf("detection", { revision: "r", sources: [], held: [] }),
    action: "intel.replaced",
  };
  expect(projectRuntime(replaced)).toBeUndefined();
});

it("survives whatever a host writes", () => {
  assert(
    property(jsonValue(), (data) => {
      for (const kind of ["detection", "response"] as const) projectRuntime(recordOf(kind, data));
    }),
  );
});
