import { type LicenseCategory, licenseCategories } from "@pratique/core";
import { formatLicense, type LicenseExpression } from "./expression.ts";
import { NameMap } from "./name-map.ts";

/**
 * Which licences are in which category: identifiers, `*` at the end for all that begin so. Those of the GNU licences stand
 * without `-only` and `-or-later`. After the lists of Google's licence classifier; what these do not name, and lies near what
 * they do, is ours.
 */
const listed: Readonly<Record<Exclude<LicenseCategory, "unknown">, string>> = {
  forbidden: `
    AGPL-* BUSL-1.1 CC-BY-NC-* Elastic-2.0 Facebook-2-Clause Facebook-3-Clause Facebook-Examples
    Hippocratic-* LicenseRef-Commons-Clause Parity-* PolyForm-* SSPL-1.0 WTFPL`,
  restricted: `
    BCL CC-BY-ND-* CC-BY-SA-* CC-SA-1.0 CECILL-1.* CECILL-2.* copyleft-next-* EUPL-* GFDL-* GPL-* LGPL-* NPL-*
    NPOSL-3.0 OSL-* QPL-* RPL-* Sleepycat SMAIL-GPL`,
  reciprocal: `
    APSL-* CATOSL-1.1 CDDL-* CECILL-C CPAL-1.0 CPL-1.0 EPL-* ErlPL-1.1 FreeImage IPL-1.0 MPL-* MS-RL Nokia Ruby
    SISSL* SPL-1.0`,
  notice: `
    AFL-* Apache-* Artistic-* Beerware Bitstream-* blessing BSD-* BSL-1.0 bzip2-* CC-BY-* CDLA-Permissive-* CECILL-B
    ClArtistic CNRI-* curl ECL-* EFL-* FTL HPND* ICU IJG* ImageMagick Info-ZIP ISC* JasPer-2.0 Latex2e Libpng libpng-*
    libtiff Lil-1.0 Linux-OpenIB LPL-* LPPL-* MIT MIT-* MirOS MS-PL MulanPSL-* Naumen NCSA Net-SNMP NTP* OFL-* OLDAP-*
    OpenSSL* PHP-* PIL PostgreSQL PSF-2.0 Python-* python-ldap SGI-B-* SMLNJ Spencer-* SSH-* SunPro TCL
    TCP-wrappers Unicode-* UPL-1.0 Vim W3C* X11* XFree86-1.1 Xnet Zend-2.0 Zlib zlib-acknowledgement ZPL-*`,
  permissive: "FSFAP FSFUL FSFULLR GLWTPL MIT-0",
  unencumbered:
    "0BSD CC-PDDC CC-PDM-1.0 CC0-1.0 LicenseRef-Public-Domain NCBI-PD NIST-PD* NTIA-PD SAX-PD* Unlicense*",
};

const common: NameMap<LicenseCategory> = new NameMap(
  licenseCategories
    .filter((category) => category !== "unknown")
    .flatMap((category) =>
      listed[category]
        .trim()
        .split(/\s+/u)
        .map((name) => [name, category] as const),
    ),
);

/** What a user says of licences; it goes before the lists. */
export type CategoryLists = Readonly<Partial<Record<LicenseCategory, readonly string[]>>>;

/** Puts licences into categories. */
export class LicenseCategories {
  readonly #own: NameMap<LicenseCategory>;

  constructor(lists: CategoryLists = {}) {
    this.#own = new NameMap(
      licenseCategories.flatMap((category) =>
        (lists[category] ?? []).map((name) => [name, category] as const),
      ),
    );
  }

  /**
   * The category of an expression: the strictest of what holds together, the most lenient of what may be chosen. An exception
   * takes nothing away, unless a list names the licence with it.
   */
  of(expression: LicenseExpression): LicenseCategory {
    switch (expression.kind) {
      case "license":
        return this.#find(formatLicense(expression), expression.id);
      case "reference":
        return this.#find(expression.name);
      case "and":
        return strictest(expression.terms.map((term) => this.of(term)));
      case "or":
        return mostLenient(expression.terms.map((term) => this.of(term)));
    }
  }

  /**
   * The category of a text that no licence was known in. That it begins like a licence says nothing of what follows, so our
   * lists never make it harmless.
   */
  ofWords(text: string): LicenseCategory {
    const own = this.#own.get(text);
    if (own !== undefined) return own;
    const begun = common.get(text);
    return begun !== undefined && asksForSomething(begun) ? begun : "unknown";
  }

  /** All names are looked up in the user's lists before one is in ours: what those forbid, no exception takes out of them. */
  #find(...names: readonly string[]): LicenseCategory {
    return this.#own.get(...names) ?? common.get(...names) ?? "unknown";
  }
}

function asksForSomething(category: LicenseCategory): boolean {
  return category === "forbidden" || category === "restricted" || category === "reciprocal";
}

/** What is not known stays so, unless something that is known is worse than harmless. */
function strictest(categories: readonly LicenseCategory[]): LicenseCategory {
  const worst = licenseCategories.find((category) => categories.includes(category)) ?? "unknown";
  return !asksForSomething(worst) && categories.includes("unknown") ? "unknown" : worst;
}

function mostLenient(categories: readonly LicenseCategory[]): LicenseCategory {
  const known: readonly LicenseCategory[] = categories.filter((category) => category !== "unknown");
  return licenseCategories.findLast((category) => known.includes(category)) ?? "unknown";
}
