import { array, assert, property, stringMatching } from "fast-check";
import { expect, it } from "vitest";
import { parseCsv } from "./csv.ts";

it("gives back what was written", () => {
  const row = array(stringMatching(/^[ab",\n ]{0,8}$/u), { minLength: 2, maxLength: 4 });
  assert(
    property(array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const quoted = rows.map((fields) =>
        fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(","),
      );
      expect(parseCsv(`${quoted.join("\r\n")}\r\n`)).toEqual(rows);
    }),
  );
});
