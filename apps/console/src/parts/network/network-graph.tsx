import "../runtime.css";
import { Skeleton } from "@patternfly/react-core";
import { lazy, Suspense } from "react";
import { Scroller } from "../lists/scroller.tsx";
import type { NetworkGraphProps } from "./network-map.ts";

const NetworkCanvas = lazy(async () => {
  const { NetworkCanvas: component } = await import("./network-canvas.tsx");
  return { default: component };
});

/** Who talks to whom as a picture, loaded when it is needed. The page has the same as a table. */
export function NetworkGraph(props: NetworkGraphProps) {
  return (
    <Suspense fallback={<Skeleton height="24rem" screenreaderText="Loading the map" />}>
      <Scroller label="Map">
        <NetworkCanvas {...props} />
      </Scroller>
    </Suspense>
  );
}
