import { array, assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { Environment } from "./environment.ts";

describe("an environment", () => {
  it("gives the value of a variable", () => {
    const environment = new Environment("PATH=/bin\0SECRET=a=b\0EMPTY=\0");
    expect(environment.value("PATH")).toBe("/bin");
    expect(environment.value("SECRET")).toBe("a=b");
    expect(environment.value("EMPTY")).toBe("");
    expect(environment.value("ECRET")).toBeUndefined();
    expect(environment.value("bin")).toBeUndefined();
  });

  it("is empty where nothing was given", () => {
    const environment = new Environment("");
    expect([environment.entries, environment.line, environment.value("PATH")]).toEqual([[], "", undefined]);
  });

  it("answers as its entries do, taken apart", () => {
    const entry = string({ unit: constantFrom("A", "B", "=", " ") });
    const entries = array(entry, { minLength: 1 });
    assert(
      property(entries, entry, (given, name) => {
        const environment = new Environment(`${given.join("\0")}\0`);
        expect(environment.entries).toEqual(given.length === 1 && given[0] === "" ? [] : given);
        expect(environment.line).toBe(given.join(" "));
        const found = given.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
        expect(environment.value(name)).toBe(found);
      }),
    );
  });
});
