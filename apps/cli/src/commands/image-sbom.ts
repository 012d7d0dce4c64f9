import { parseImageTarget } from "@pratique/core";
import { billsOfMaterials, inventoryReasons, printable } from "@pratique/report";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { renderContext } from "../images/render-context.ts";
import { Scanner, type ScannerFlags } from "../images/scanner.ts";
import { type OutputFlags, planOutputs, writeOutputs } from "../outputs.ts";

export interface ImageSbomFlags extends ScannerFlags, OutputFlags {}

/** `pratique image sbom IMAGE`: what is installed, in the forms that other tools read. */
export async function imageSbom(context: Context, image: string, flags: ImageSbomFlags): Promise<ExitCode> {
  const formats = new Map(billsOfMaterials.map((format) => [format.name, format]));
  const [fallback] = billsOfMaterials;
  // Both are JSON already.
  const outputs = planOutputs({ ...flags, json: false }, [...formats.keys()], fallback?.name ?? "");
  const target = parseImageTarget(image);
  const { verifyLayers = false, cache } = flags;
  await using scanner = new Scanner(context, {
    ...flags,
    verifyLayers,
    // Whoever asks what is in an image is told under which licence it is.
    scanners: "vuln,license",
    cache: cache !== false && !verifyLayers,
  });
  const report = await scanner.scan(target);
  writeOutputs(
    outputs,
    (format, look) =>
      formats.get(format)?.render(report, { ...renderContext(context, look), inventoryOnly: true }) ?? [],
    context.console,
  );
  const reasons = inventoryReasons(report);
  for (const { message } of reasons) context.console.say(`pratique: ${printable(message)}`);
  return reasons.length === 0 ? exitCodes.fine : exitCodes.unassessed;
}
