import { useEffect } from "react";

/** Names the tab of the browser, for as long as what calls it is shown. */
export function useTabTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · Pratique`;
    return () => {
      document.title = "Pratique";
    };
  }, [name]);
}
