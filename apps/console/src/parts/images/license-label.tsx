import { Label } from "@patternfly/react-core";
import { type LicenseCategory, licenseCategories } from "@pratique/core";

const colors = {
  forbidden: "red",
  restricted: "orangered",
  reciprocal: "yellow",
  notice: "blue",
  permissive: "blue",
  unencumbered: "blue",
  unknown: "grey",
} as const;

/** The categories of licences to choose from, the strictest first. */
export const licenseCategoryOptions = licenseCategories.map((value) => ({
  value,
  text: `${value.slice(0, 1).toUpperCase()}${value.slice(1)}`,
}));

/** What the licences of a package ask for, in a word. */
export function LicenseLabel({ category }: { readonly category: LicenseCategory }) {
  return (
    <Label isCompact color={colors[category]}>
      {category}
    </Label>
  );
}
