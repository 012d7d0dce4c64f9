import { type Ecosystem, ecosystem } from "@pratique/core";

/**
 * Products whose packages are those of SUSE Linux Enterprise Server, as that enables them: its modules, and what else
 * is built from the same packages. Others, such as Live Patching for SAP or Micro, have versions of their own.
 */
const ENTERPRISE =
  /^SUSE Linux Enterprise (?:Server|Desktop|High Performance Computing|Workstation Extension|Module for [A-Za-z -]+) (?<release>\d+)(?: SP(?<pack>\d+))?(?:[ -]LTSS)?$/u;
const LEAP = /^openSUSE Leap (?<release>\d+\.\d+)$/u;

/** The ecosystem of a product by its full name; undefined where it is another product. */
export function ecosystemOfProduct(product: string): Ecosystem | undefined {
  const leap = LEAP.exec(product)?.groups?.release;
  if (leap !== undefined) return ecosystem(`openSUSE:${leap}`);
  const { release, pack } = ENTERPRISE.exec(product)?.groups ?? {};
  if (release === undefined) return undefined;
  return ecosystem(pack === undefined ? `SUSE:${release}` : `SUSE:${release}.${pack}`);
}
