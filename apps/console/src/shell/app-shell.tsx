import { Page, SkipToContent } from "@patternfly/react-core";
import { streamEvents } from "@pratique/api";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { followChanges, type LiveState } from "../api/live.ts";
import { useMay } from "../api/may.ts";
import { AppMasthead } from "./app-masthead.tsx";
import { AppNavigation } from "./app-navigation.tsx";
import { SessionOver } from "./session-over.tsx";
import { ShortcutHelp } from "./shortcut-help.tsx";
import { useSide } from "./side.ts";
import { useShortcuts } from "./use-shortcuts.ts";

const MAIN_ID = "main";
/** What whoever listens to the stream of changes has to hold. */
const MAY_HEAR = streamEvents.permission;

/** What surrounds every page: masthead, navigation, shortcuts, and the stream of changes. */
export function AppShell() {
  const client = useQueryClient();
  const mayHear = useMay()(MAY_HEAR) !== undefined;
  const [live, setLive] = useState<LiveState>("live");
  const [helps, setHelps] = useState(false);
  useEffect(() => (mayHear ? followChanges(client, setLive) : undefined), [client, mayHear]);
  useShortcuts(() => setHelps(true));
  useFocusOnArrival();
  useReturnOfPages(live);
  const side = useSide();
  return (
    <>
      <Page
        masthead={<AppMasthead live={mayHear ? live : "off"} side={side} onHelp={() => setHelps(true)} />}
        sidebar={<AppNavigation side={side} />}
        mainContainerId={MAIN_ID}
        skipToContent={<SkipToContent href={`#${MAIN_ID}`}>Skip to content</SkipToContent>}
      >
        <Outlet />
      </Page>
      <SessionOver />
      {helps && <ShortcutHelp onClose={() => setHelps(false)} />}
    </>
  );
}

/** Puts the focus where the new page begins, so that the keyboard goes on from there and not from the old link. */
function useFocusOnArrival(): void {
  const { pathname } = useLocation();
  // What opens beside a list is part of the same page.
  const place = pathname.startsWith("/launches") ? "/launches" : pathname;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    document.getElementById(MAIN_ID)?.focus({ preventScroll: true });
  }, [place]);
}

/** Has a page that could not be shown come by itself once the server is there again. */
function useReturnOfPages(live: LiveState): void {
  const router = useRouter();
  const before = useRef(live);
  useEffect(() => {
    if (before.current === "lost" && live === "live") void router.invalidate();
    before.current = live;
  }, [live, router]);
}
