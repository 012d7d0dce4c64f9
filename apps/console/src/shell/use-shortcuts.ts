import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { places } from "./places.ts";

const KEY = "pratique.shortcuts";
/** How long after `g` the letter may come. */
const PREFIX_MS = 1_500;

/** Whether single keys do anything (WCAG 2.2, 2.1.4: they can be turned off). */
export function shortcutsAreOn(): boolean {
  return localStorage.getItem(KEY) !== "off";
}

/** Remembers on this machine whether single keys do anything. */
export function turnShortcuts(on: boolean): void {
  localStorage.setItem(KEY, on ? "on" : "off");
}

/** Listens for `/` (search), `?` (help) and `g` with a letter (go to a place), except where one types. */
export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let prefixedAt = Number.NEGATIVE_INFINITY;
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || !shortcutsAreOn()) return;
      const prefixed = event.timeStamp - prefixedAt < PREFIX_MS;
      prefixedAt = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const place = prefixed ? places.find(({ key }) => key === event.key) : undefined;
      if (place !== undefined) void navigate({ to: place.to });
      else if (event.key === "/") focusSearch();
      else if (event.key === "?") onHelp();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [navigate, onHelp]);
}

function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, [role=dialog]") !== null)
  );
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>(".search-field input")?.focus();
}
