import { useEffect, useState } from "react";
import { formatRelative, formatTime } from "../text/format.ts";

const TICK_MS = 30_000;

/** How long ago something was; the exact time shows on hover. */
export function RelativeTime({ time }: { readonly time: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={time} title={formatTime(time)} className="nowrap">
      {formatRelative(Date.parse(time), now)}
    </time>
  );
}
