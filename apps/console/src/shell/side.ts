import { useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/** From here on PatternFly puts the navigation beside the page. */
const wide = window.matchMedia("(min-width: 75rem)");

/** Whether the navigation is shown, and how that is changed. */
export interface Side {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** The navigation stands beside the page where there is room; else it lies over it until something is chosen. */
export function useSide(): Side {
  const { pathname } = useLocation();
  const [place, setPlace] = useState(pathname);
  const [isOpen, setOpen] = useState(wide.matches);
  useEffect(() => {
    const follow = () => setOpen(wide.matches);
    wide.addEventListener("change", follow);
    return () => wide.removeEventListener("change", follow);
  }, []);
  if (place !== pathname) {
    setPlace(pathname);
    if (!wide.matches) setOpen(false);
  }
  return { isOpen, onToggle: () => setOpen(!isOpen) };
}
