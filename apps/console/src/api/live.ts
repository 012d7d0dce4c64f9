import { changeEvent, pathOf, streamEvents } from "@pratique/api";
import type { QueryClient } from "@tanstack/react-query";

/** `live`: what is shown is what the server knows. `lost`: the stream is down and being opened again. */
export type LiveState = "live" | "lost";

const GATHER_MS = 250;
const REOPEN_MS = 3_000;

/** What to read again when something of a kind has changed. */
const affected: Readonly<Record<string, readonly string[]>> = {
  image: ["images", "overview"],
  launch: ["launches", "images", "overview"],
  host: ["host"],
  reset: ["images", "launches", "host", "overview"],
};

/**
 * Reads the server's changes, and has what they touch read again. Changes that come close together are gathered.
 * Returns what ends it.
 */
export function followChanges(client: QueryClient, onState: (state: LiveState) => void): () => void {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;

  const refresh = () => {
    timer = undefined;
    for (const key of stale) void client.invalidateQueries({ queryKey: [key] });
    stale.clear();
  };
  const note = (kind: string) => {
    for (const key of affected[kind] ?? []) stale.add(key);
    timer ??= setTimeout(refresh, GATHER_MS);
  };
  const open = () => {
    source = new EventSource(pathOf(streamEvents));
    source.addEventListener("open", () => onState("live"));
    source.addEventListener("change", ({ data }: MessageEvent<string>) => {
      const event = changeEvent.safeParse(JSON.parse(data));
      note(event.success ? event.data.kind : "reset");
    });
    source.addEventListener("error", () => {
      onState("lost");
      // The browser tries again by itself after a broken connection, but not after a refusal.
      if (source?.readyState !== EventSource.CLOSED) return;
      void client.invalidateQueries({ queryKey: ["session"] });
      reopening = setTimeout(() => {
        note("reset");
        open();
      }, REOPEN_MS);
    });
  };

  open();
  return () => {
    clearTimeout(timer);
    clearTimeout(reopening);
    source?.close();
  };
}
