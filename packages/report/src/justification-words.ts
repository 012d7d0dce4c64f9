import type { VexJustification } from "@pratique/core";

/** The words of CycloneDX ("impactAnalysisJustification") for those of VEX; two have no like there. */
export const justificationWords: Readonly<Partial<Record<VexJustification, string>>> = {
  inline_mitigations_already_exist: "protected_by_mitigating_control",
  vulnerable_code_not_in_execute_path: "code_not_reachable",
  vulnerable_code_not_present: "code_not_present",
};
