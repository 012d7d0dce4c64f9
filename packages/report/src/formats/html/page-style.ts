import { severities } from "@pratique/core";

/** A check box that is not set hides the rows of its severity. */
const filters = severities
  .map((severity) => `body:has(#show-${severity}:not(:checked)) .findings tr.${severity}`)
  .join(",\n");

/** The page's style sheet: for light and dark, for small screens and for paper. Contrasts are those of WCAG 2.2 AA. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --sheet: light-dark(#ffffff, #1c2027);
  --ink: light-dark(#1b1f24, #e6e9ee);
  --quiet: light-dark(#57606a, #a3adba);
  --line: light-dark(#d5dae1, #343b46);
  --link: light-dark(#0a58b5, #7db8ff);
  --critical: light-dark(#8f1029, #ff9aa8);
  --high: light-dark(#b03a06, #ffb083);
  --medium: light-dark(#7a5a00, #f0cf6a);
  --low: light-dark(#1d5f8a, #8fcdf5);
  --negligible: light-dark(#57606a, #a3adba);
  --unknown: light-dark(#5b4a86, #c5b3f2);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.2rem; }
.brand { margin: 0 0 .25rem; color: var(--quiet); font-size: .875rem; letter-spacing: .02em; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 0 1.5rem; }
.facts dt { color: var(--quiet); font-size: .8125rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
section { margin: 0 0 1.25rem; padding: 1.25rem; background: var(--sheet); border: 1px solid var(--line);
  border-radius: .625rem; }
.assessment { border-left: .375rem solid light-dark(#1a7f37, #4ac26b); }
.assessment.partial { border-left-color: light-dark(#9a6700, #e3b341); }
.assessment.none { border-left-color: light-dark(#b3261e, #ff8a80); }
.assessment h2:last-child { margin: 0; }
.assessment ul { margin: 0; padding-left: 1.25rem; }
.assessment li { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem; margin: 0 0 .75rem;
  padding: 0; list-style: none; }
.tile { padding: .75rem 1rem; border: 1px solid var(--line); border-top: .25rem solid var(--tone); border-radius: .5rem; }
.tile .count { display: block; color: var(--tone); font-size: 1.75rem; font-weight: 650; line-height: 1.1;
  font-variant-numeric: tabular-nums; }
section > p:last-child { margin: 0; color: var(--quiet); }
.filter { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1rem; padding: .5rem 1rem .75rem;
  border: 1px solid var(--line); border-radius: .5rem; }
.filter legend { padding: 0 .25rem; color: var(--quiet); font-size: .875rem; }
.filter label { display: inline-flex; align-items: center; gap: .4rem; min-height: 1.75rem; }
.filter input { width: 1.1rem; height: 1.1rem; accent-color: var(--link); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th { padding: .5rem .75rem; color: var(--quiet); font-size: .8125rem; font-weight: 600; text-align: left;
  border-bottom: 2px solid var(--line); white-space: nowrap; }
td { padding: .5rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere;
  min-width: 6rem; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: color-mix(in srgb, var(--link) 7%, transparent); }
code { font: .875em/1.5 ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; }
.mark { display: inline-block; padding: .05rem .55rem; color: var(--tone); border: 1px solid currentcolor;
  border-radius: 1rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.quiet { color: var(--quiet); font-size: .875rem; }
.exploited { color: var(--critical); }
.critical { --tone: var(--critical); }
.high { --tone: var(--high); }
.medium { --tone: var(--medium); }
.low { --tone: var(--low); }
.negligible { --tone: var(--negligible); }
.unknown { --tone: var(--unknown); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: .1875rem solid var(--link); outline-offset: .125rem; border-radius: .125rem; }
summary { cursor: pointer; }
details[open] summary { margin-bottom: .75rem; }
footer { color: var(--quiet); font-size: .875rem; }
footer p { margin: 0 0 .25rem; overflow-wrap: anywhere; }
${filters},
body:has(#only-fixed:checked) .findings tbody tr:not(.fixed) { display: none; }
@media print {
  body { max-width: none; padding: 0; }
  section { border: 0; padding: 0; }
  .filter { display: none; }
}
`;
