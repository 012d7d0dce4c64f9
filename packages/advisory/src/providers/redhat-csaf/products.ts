import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";
import { type Platform, readPlatform } from "./platform.ts";
import { type NamedPackage, packageOfId, packageOfPurl } from "./rpm-product.ts";

/** One package of one release, as documents name it by one identifier. */
export interface Product {
  readonly platform: Platform;
  readonly package: NamedPackage;
}

/** Products by identifier: those of Red Hat Enterprise Linux and its packages. All others are left out. */
export type Products = ReadonlyMap<string, Product>;

const MAX_DEPTH = 16;

interface Tree {
  readonly platforms: Map<string, Platform>;
  readonly packages: Map<string, NamedPackage>;
}

/** Reads a product tree (CSAF 2.0, 3.2.2): its branches name releases and packages, its relationships join them. */
export function readProducts(value: unknown): Products {
  const tree: Tree = { platforms: new Map(), packages: new Map() };
  const root = objectOf(value);
  readBranches(root?.branches, tree, MAX_DEPTH);
  const products = new Map<string, Product>();
  for (const item of listOf(root?.relationships)) {
    const relationship = objectOf(item);
    const id = textOf(objectOf(relationship?.full_product_name)?.product_id);
    const platform = tree.platforms.get(textOf(relationship?.relates_to_product_reference) ?? "");
    const reference = textOf(relationship?.product_reference);
    if (id === undefined || platform === undefined || reference === undefined) continue;
    const package_ = tree.packages.get(reference);
    if (package_ !== undefined) products.set(id, { platform, package: package_ });
  }
  return products;
}

function readBranches(branches: unknown, tree: Tree, depth: number): void {
  if (depth === 0) return;
  for (const item of listOf(branches)) {
    const branch = objectOf(item);
    readProduct(objectOf(branch?.product), tree);
    readBranches(branch?.branches, tree, depth - 1);
  }
}

function readProduct(product: Fields | undefined, { platforms, packages }: Tree): void {
  const id = textOf(product?.product_id);
  if (product === undefined || id === undefined) return;
  const helper = objectOf(product.product_identification_helper);
  const cpe = textOf(helper?.cpe);
  const purl = textOf(helper?.purl);
  const platform = cpe === undefined ? undefined : readPlatform(cpe);
  if (platform !== undefined) platforms.set(id, platform);
  if (cpe !== undefined) return;
  const package_ = purl === undefined ? packageOfId(id) : packageOfPurl(purl);
  if (package_ !== undefined) packages.set(id, package_);
}
