import { describe, expect, it } from "vitest";
import { parseTemplate } from "./template.ts";
import { context, evilReport, sample } from "./testdata/reports.ts";

async function textOf(template: string, { escapes = false, report = sample } = {}): Promise<string> {
  return [...(await parseTemplate(template, { escapes })).render(report, context)].join("");
}

describe("a template", () => {
  it("sees the report, and the package of each finding", async () => {
    const template =
      "{{ target.reference }}{% for finding in findings %}\n{{ finding.severity }} {{ finding.id }} {{ finding.package.name }}{% endfor %}";
    expect(await textOf(template)).toBe(
      [
        "registry.example:5000/acme/shop:1.2",
        "high CVE-2024-0001 openssl",
        "high CVE-2024-0001 libssl3",
        "critical CVE-2021-23337 @acme/lodash",
        "unknown PYSEC-2023-74 requests",
        "negligible CVE-2018-20225 python3-pip",
      ].join("\n"),
    );
  });

  it.each([
    ["csv", "=1+1", '"\'=1+1"'],
    ["csv", 'a"b,c', '"a""b,c"'],
    ["printable", "a\u001bb", "a\\u001bb"],
    ["markdown", "a|b", "<code>a&#124;b</code>"],
    ["escape", "<b>", "&lt;b&gt;"],
    ["json", 'a"b', '"a\\"b"'],
  ])("has a filter %s", async (filter, name, expected) => {
    const report = { ...sample, target: { ...sample.target, reference: name } };
    expect(await textOf(`{{ target.reference | ${filter} }}`, { report })).toBe(expected);
  });

  it("escapes by itself where it is to, unless told not to", async () => {
    const report = evilReport("<script>&");
    const template = "{{ target.reference }} {{ target.reference | raw }}";
    expect(await textOf(template, { escapes: true, report })).toBe("&#60;script&#62;&#38; <script>&");
    expect(await textOf(template, { report })).toBe("<script>& <script>&");
  });

  it.each([
    ["constructors", "{{ target.constructor.name }}{{ findings.constructor }}{{ target.__proto__ }}"],
    ["methods", "{{ findings.map }}{{ target.reference.toUpperCase }}"],
  ])("reaches no %s", async (_, template) => {
    expect(await textOf(template)).toBe("");
  });

  it("is not run again where the image's author writes like one", async () => {
    expect(await textOf("{{ target.reference }}", { report: evilReport("{{ 7 | times: 7 }}") })).toBe(
      "{{ 7 | times: 7 }}",
    );
  });

  it.each([
    ["does not end a tag", "{% for x in findings %}"],
    ["uses a filter that there is not", "{{ target.reference | shell }}"],
    ["is too long", "x".repeat(1_000_001)],
  ])("is refused when it %s", async (_, template) => {
    await expect(textOf(template)).rejects.toMatchObject({ code: "TEMPLATE_INVALID" });
  });

  it.each(["include", "render", "layout"])("reads no file by %s", async (tag) => {
    for (const name of ["/etc/passwd", "../../etc/passwd", "package.json"]) {
      await expect(textOf(`{% ${tag} '${name}' %}`)).rejects.toMatchObject({ code: "TEMPLATE_INVALID" });
    }
  });

  it("ends when it takes too much", async () => {
    const doubling = `{% assign x = "aaaaaaaaaaaaaaaa" %}${"{% assign x = x | append: x %}".repeat(40)}{{ x }}`;
    await expect(textOf(doubling)).rejects.toMatchObject({ code: "TEMPLATE_INVALID" });
  });
});
