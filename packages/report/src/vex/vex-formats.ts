import { csafVex } from "./formats/csaf.ts";
import { cycloneDxVex } from "./formats/cyclonedx.ts";
import { openVex } from "./formats/openvex.ts";
import type { VexFormat } from "./vex-format.ts";

/** Every form of VEX, sorted by name; a test fails when a file in `formats/` is missing here. */
export const vexFormats: readonly VexFormat[] = [csafVex, cycloneDxVex, openVex];
