import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { codeSpan } from "./markdown-text.ts";

describe("codeSpan", () => {
  it.each([
    ["openssl", "`openssl`"],
    ["@types/node", "`@types/node`"],
    ["1:2.3~rc1+dfsg-4", "`1:2.3~rc1+dfsg-4`"],
    ["", "<code></code>"],
    ["a|b", "<code>a&#124;b</code>"],
    ["a\\|b", "<code>a&#92;&#124;b</code>"],
    ["`", "<code>&#96;</code>"],
    ["<img src=x>", "<code>&#60;img src&#61;x&#62;</code>"],
    ["a\nb", "<code>a&#92;u000ab</code>"],
    [" a", "<code> a</code>"],
  ])("makes %j %j", (text, expected) => {
    expect(codeSpan(text)).toBe(expected);
  });

  it("leaves nothing that ends its place", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        const inner = /^(?:`(?<plain>.*)`|<code>(?<coded>.*)<\/code>)$/su.exec(codeSpan(text))?.groups;
        expect(inner?.plain ?? inner?.coded).toMatch(/^[^`<>|\\\n\r]*$/u);
      }),
    );
  });
});
