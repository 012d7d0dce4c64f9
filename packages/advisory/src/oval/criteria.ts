import type { XmlElement } from "../location/xml.ts";

/** One condition of a definition: the words that describe it, and the test that it stands for. */
export interface Criterion {
  readonly comment: string;
  readonly testRef: string;
}

/** What a criterion turns out to be about, in the words of one vendor. `fact` is about a package. */
export type Meaning<Fact> =
  | { readonly kind: "platform"; readonly platform: string }
  | { readonly kind: "architecture"; readonly architecture: string }
  | { readonly kind: "module"; readonly module: string }
  | { readonly kind: "fact"; readonly fact: Fact }
  /** Something that says nothing of versions, such as who signed the package. */
  | { readonly kind: "other" };

/** Facts about packages that have to hold together, and where they hold. Empty lists mean "anywhere". */
export interface Condition<Fact> {
  readonly facts: readonly Fact[];
  readonly platforms: readonly string[];
  readonly architectures: readonly string[];
  readonly module?: string;
}

interface Context {
  readonly platforms: readonly string[];
  readonly architectures: readonly string[];
  readonly module?: string;
}

/**
 * Flattens the criteria of a definition (OVAL 5.11, "CriteriaType"), which vendors write in one pattern: what is
 * beside a condition, or above it, joined by AND, says where it holds; OR separates.
 */
export function conditionsOf<Fact>(
  criteria: XmlElement,
  meaningOf: (criterion: Criterion) => Meaning<Fact>,
): readonly Condition<Fact>[] {
  const conditions: Condition<Fact>[] = [];
  const visit = (element: XmlElement, outer: Context): void => {
    const isOr = element.attributes.get("operator")?.toUpperCase() === "OR";
    const inner = isOr ? outer : within(outer, placesOf(element, meaningOf));
    const facts: Fact[] = [];
    for (const child of element.children) {
      if (child.name === "criteria") {
        visit(child, inner);
        continue;
      }
      const meaning = readMeaning(child, meaningOf);
      if (meaning?.kind !== "fact") continue;
      if (isOr) conditions.push({ ...inner, facts: [meaning.fact] });
      else facts.push(meaning.fact);
    }
    if (facts.length > 0) conditions.push({ ...inner, facts });
  };
  visit(criteria, { platforms: [], architectures: [] });
  return conditions;
}

/** A negated criterion is left out: no vendor says in which versions a package is by what it is not. */
function readMeaning<Fact>(
  element: XmlElement,
  meaningOf: (criterion: Criterion) => Meaning<Fact>,
): Meaning<Fact> | undefined {
  if (element.name !== "criterion" || element.attributes.get("negate") === "true") return undefined;
  const comment = element.attributes.get("comment") ?? "";
  return meaningOf({ comment, testRef: element.attributes.get("test_ref") ?? "" });
}

interface Places {
  readonly platforms: string[];
  readonly architectures: string[];
  readonly modules: string[];
}

/** What the criteria joined by AND say of places: by themselves, or as a choice between places. */
function placesOf<Fact>(element: XmlElement, meaningOf: (criterion: Criterion) => Meaning<Fact>): Places {
  const places: Places = { platforms: [], architectures: [], modules: [] };
  for (const child of element.children) {
    if (child.name === "criteria" && !child.children.some(({ name }) => name === "criteria")) {
      for (const choice of child.children) addPlace(places, readMeaning(choice, meaningOf));
    } else addPlace(places, readMeaning(child, meaningOf));
  }
  return places;
}

function addPlace<Fact>(places: Places, meaning: Meaning<Fact> | undefined): void {
  if (meaning?.kind === "platform") places.platforms.push(meaning.platform);
  else if (meaning?.kind === "architecture") places.architectures.push(meaning.architecture);
  else if (meaning?.kind === "module") places.modules.push(meaning.module);
}

function within(outer: Context, { platforms, architectures, modules }: Places): Context {
  const module = modules[0] ?? outer.module;
  return {
    platforms: platforms.length > 0 ? platforms : outer.platforms,
    architectures: architectures.length > 0 ? architectures : outer.architectures,
    ...(module === undefined ? {} : { module }),
  };
}
