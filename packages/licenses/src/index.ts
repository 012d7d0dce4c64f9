export type { LicenseExpression } from "./expression.ts";
export { compoundOf, formatLicense } from "./expression.ts";
export type { JudgedLicenses, LicenseRules } from "./judge-licenses.ts";
export { categorySeverities, judgeLicenses } from "./judge-licenses.ts";
export type { CategoryLists } from "./license-categories.ts";
export { readLicense } from "./read-license.ts";
export { joinLicenses, recognizeLicense } from "./recognize-license.ts";
