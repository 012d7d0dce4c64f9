import { formatPlatform } from "@pratique/core";
import { checkPlatform } from "../../choose-platform.ts";
import { openLayers } from "../../layers/open-layers.ts";
import { tarLayer } from "../../layers/tar-layer.ts";
import type { ImageSource } from "../../source.ts";
import { openAciFile } from "./aci-file.ts";
import { AciStack } from "./aci-stack.ts";
import { aciView } from "./aci-view.ts";

/**
 * `FILE`: an App Container Image of Rocket (appc spec, aci.md). What it depends on has to lie beside it, in files that
 * end with `.aci`. It has no id that others know: what Rocket calls so is a SHA-512.
 */
export const aciSource: ImageSource = {
  name: "aci",
  async open(value, options) {
    const signal = options.signal ?? new AbortController().signal;
    const stack = new AciStack(await openAciFile(value, signal), signal);
    try {
      const { config, platform } = stack.image.manifest;
      if (platform !== undefined) checkPlatform(platform, options.platform);
      const parts = await stack.resolve();
      return openLayers({
        facts: {
          reference: value,
          config,
          ...(platform !== undefined && { platform: formatPlatform(platform) }),
        },
        layers: parts.map(({ aci, whitelists }) =>
          tarLayer({
            facts: { sizeBytes: aci.file.size },
            open: (readSignal) => aci.file.chunks(readSignal),
            view: aciView(whitelists),
          }),
        ),
        options,
        close: () => stack.close(),
      });
    } catch (thrown) {
      await stack.close();
      throw thrown;
    }
  },
};
