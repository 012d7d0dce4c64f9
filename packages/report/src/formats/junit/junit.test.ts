import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { clean, context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { junit } from "./junit.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** The elements in their order, by a parser that refuses what is not well-formed. */
function elementsOf(report = sample): readonly Element[] {
  const elements: Element[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) =>
    elements.push({ name, attributes: { ...attributes }, text: "" }),
  );
  parser.on("text", (text) => {
    const last = elements.at(-1);
    if (last !== undefined) last.text += text.trim();
  });
  for (const piece of junit.render(report, context)) parser.write(piece);
  parser.close();
  return elements;
}

/** What the xUnit plugin of Jenkins, which refuses more than others, takes of elements that it knows (its `junit-10.xsd`). */
const allowed: Readonly<Record<string, { readonly required: string; readonly optional: string }>> = {
  testsuites: { required: "", optional: "name time tests failures errors" },
  testsuite: {
    required: "name tests failures errors",
    optional: "group time skipped timestamp hostname id package file log url",
  },
  testcase: { required: "name", optional: "time classname group" },
  failure: { required: "", optional: "type message" },
  error: { required: "", optional: "type message" },
  skipped: { required: "", optional: "type message" },
};

function isAllowed({ name, attributes }: Element): boolean {
  const { required, optional } = allowed[name] ?? { required: "?", optional: "" };
  const names = Object.keys(attributes);
  const demanded = required.split(" ").filter((one) => one !== "");
  return (
    demanded.every((one) => names.includes(one)) &&
    names.every((one) => demanded.includes(one) || optional.split(" ").includes(one))
  );
}

describe("JUnit", () => {
  it.each([
    ["a report", sample],
    ["one without findings", clean],
    ["one of nothing", unassessed],
  ])("has of %s only what Jenkins takes", (_, report) => {
    expect(elementsOf(report).filter((element) => !isAllowed(element))).toEqual([]);
  });

  it("is a failed test for each finding, and one for the assessment", () => {
    const elements = elementsOf();
    const counts = { tests: "6", failures: "4", errors: "1" };
    expect(elements.slice(0, 2)).toMatchObject([
      { name: "testsuites", attributes: { name: "pratique", ...counts } },
      {
        name: "testsuite",
        attributes: {
          name: "registry.example:5000/acme/shop:1.2",
          timestamp: "2026-01-02T03:04:05",
          skipped: "1",
          ...counts,
        },
      },
    ]);
    expect(elements.filter(({ name }) => name === "testcase")).toHaveLength(6);
    expect(elements.filter(({ name }) => name === "failure")).toHaveLength(4);
    expect(elements[4]).toEqual({
      name: "testcase",
      attributes: { classname: "deb:openssl@3.0.11-1~deb12u1", name: "CVE-2024-0001" },
      text: "",
    });
    expect(elements[5]).toEqual({
      name: "failure",
      attributes: { message: "high: CVE-2024-0001 in openssl 3.0.11-1~deb12u1", type: "high" },
      text: "update openssl from 3.0.11-1~deb12u1 to 3.0.13-1~deb12u1; known to be exploited; https://nvd.nist.gov/vuln/detail/CVE-2024-0001",
    });
    expect(elements.at(-1)).toMatchObject({
      name: "skipped",
      attributes: { message: "suppressed by ignore file" },
    });
  });

  it("passes an image only where it could be assessed", () => {
    const error = elementsOf(unassessed).find(({ name }) => name === "error");
    expect(error).toEqual({
      name: "error",
      attributes: { message: "Could not be assessed", type: "none" },
      text: "NO_PACKAGES: no installed packages were found",
    });
    expect(elementsOf(clean).map(({ name }) => name)).toEqual(["testsuites", "testsuite", "testcase"]);
  });

  it.each(evilTexts)("has the elements of a harmless report for %j", (evil) => {
    const names = elementsOf(evilReport(evil)).map(({ name }) => name);
    expect(names).toEqual([
      "testsuites",
      "testsuite",
      "testcase",
      "error",
      "testcase",
      "failure",
      "testcase",
      "skipped",
      "testcase",
      "failure",
      "testcase",
      "failure",
      "testcase",
    ]);
  });
});
