import { createContext, useContext } from "react";

/** The level of what a part of a page says in a heading: one below the heading that it stands under. */
type HeadingLevel = "h2" | "h3";

/** Under the title of the page, where no section says otherwise. */
export const HeadingLevelContext = createContext<HeadingLevel>("h2");

export function useHeadingLevel(): HeadingLevel {
  return useContext(HeadingLevelContext);
}
