import { expect, it } from "vitest";
import { wayBack } from "./way-back.ts";

it.each([
  ["/images?severity=critical", { to: "/images?severity=critical" }],
  ["/", {}],
  ["/hosts/größe x", { to: "/hosts/gr%C3%B6%C3%9Fe%20x" }],
  ["/hosts/\ud800", { to: "/hosts/%EF%BF%BD" }],
])("leads back to %j", (href, search) => expect(wayBack(href)).toEqual(search));
