import { MiB, soughtRevisions, type TextInspector } from "@pratique/core";
import { decodeResult, encodeResult } from "./found-secret.ts";
import { TextScan } from "./text-scan.ts";

/** Names that are no texts whatever they hold: asked first, because opening a file costs more than looking through it. */
const OTHER_ENDINGS: ReadonlySet<string> = new Set(
  (
    "a avif bin bmp br bz2 cab class dat deb dll dylib elc eot exe flac gif gmo gz icns ico jar jpeg jpg ko la lz4 " +
    "mo mp3 mp4 node o ogg otf pack pdf png pyc pyd pyo rpm so svgz tgz tif ttc ttf war wasm wav webm webp whl woff " +
    "woff2 xz zip zst"
  ).split(" "),
);

/** Finds secrets in the texts of an image's layers. */
export const secretInspector: TextInspector = {
  revision: soughtRevisions.secrets,
  maxBytes: 128 * MiB,
  wantsName: (name) => {
    const dot = name.lastIndexOf(".");
    return dot < 0 || !OTHER_ENDINGS.has(name.slice(dot + 1).toLowerCase());
  },
  inspect: ({ path, size }) => {
    const scan = new TextScan({ path, size });
    return {
      get wantsMore() {
        return scan.wantsMore;
      },
      write: (bytes) => scan.write(bytes),
      finish: () => {
        const { placed, cut } = scan.finish();
        if (placed.length === 0 && cut === undefined) return undefined;
        const found = placed.map(({ secret }) => secret);
        return encodeResult({ found, ...(cut !== undefined && { cut }) });
      },
    };
  },
  accepts: (excerpt) => decodeResult(excerpt) !== undefined,
};
