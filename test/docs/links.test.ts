import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const pages = globSync(["*.md", "docs/**/*.md", "{packages,apps}/*/README.md"]).sort();

/** What is outside of fenced code. */
function proseOf(page: string): string {
  return readFileSync(page, "utf8").replaceAll(/^ *```.*?^ *```$/gmsu, "");
}

/** The anchors that a page's headings have. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = proseOf(page).matchAll(/^#+ (?<title>.+)$/gmu);
  return new Set(
    [...headings].map(({ groups }) =>
      (groups?.title ?? "")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

it("finds pages", () => {
  expect(pages.length).toBeGreaterThan(20);
});

it.each(pages)("%s links to what is there", (page) => {
  const broken = [...proseOf(page).matchAll(/\]\((?<target>[^)\s]+)\)/gu)]
    .map(({ groups }) => groups?.target ?? "")
    .filter((target) => !/^[a-z]+:/u.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const place = file === "" ? page : path.join(path.dirname(page), file);
      if (!existsSync(place)) return true;
      return anchor !== undefined && place.endsWith(".md") && !anchorsOf(place).has(anchor);
    });
  expect(broken).toEqual([]);
});

it.each(pages)("%s names files and folders that are there", (page) => {
  const named = [...proseOf(page).matchAll(/`(?<place>(?:packages|apps|docs|test|scripts)\/[\w./-]+)`/gu)];
  const places = named.map(({ groups }) => groups?.place ?? "").filter((place) => !/[A-Z]{4}/u.test(place));
  expect(places.filter((place) => !existsSync(place))).toEqual([]);
});
