import { type CelValue, celList } from "@bufbuild/cel";
import { findingValue, fixedImageFields } from "./cel/image-values.ts";
import type { CompiledRule, TextName } from "./compile-rule.ts";
import type { ImageFacts } from "./image-facts.ts";
import type { PolicySet } from "./policy-set.ts";

/** What a rule found. */
export type Outcome =
  | { readonly kind: "out-of-scope" }
  | { readonly kind: "passed" }
  | { readonly kind: "broken"; readonly items: readonly CelValue[] | undefined }
  | { readonly kind: "failed"; readonly reason: string; readonly fix?: string };

export type Texts = Readonly<Record<TextName, string>>;

/** An image in CEL's values, and what was already found out about it under one set. */
export interface PreparedImage {
  readonly fields: Readonly<Record<string, CelValue>>;
  findings(): CelValue;
  /** For rules that look at the image alone. */
  readonly outcomes: Map<CompiledRule, Outcome>;
  /** For the same rules, the texts of all that breaks them. */
  readonly texts: Map<CompiledRule, Texts>;
}

/** Stands for the image of which nothing is known. */
const UNKNOWN = {};

// Sets and facts do not change, so what was found stays true as long as both objects live.
const cache = new WeakMap<PolicySet, WeakMap<object, PreparedImage>>();

/** The prepared form of an image: made at the first call, and the same object ever after. */
export function preparedImage(set: PolicySet, image: ImageFacts | undefined): PreparedImage {
  let images = cache.get(set);
  if (images === undefined) {
    images = new WeakMap();
    cache.set(set, images);
  }
  const key = image ?? UNKNOWN;
  let prepared = images.get(key);
  if (prepared === undefined) {
    prepared = {
      fields: fixedImageFields(image),
      findings: forgetful(() => celList((image?.findings ?? []).map(findingValue))),
      outcomes: new Map(),
      texts: new Map(),
    };
    images.set(key, prepared);
  }
  return prepared;
}

/**
 * Findings in CEL's values take several times the room of the facts, and are not looked at again once the rules
 * about them have been asked; so the collector may have them, and they are made anew when needed.
 */
function forgetful<Value extends object>(make: () => Value): () => Value {
  let kept: WeakRef<Value> | undefined;
  return () => {
    const known = kept?.deref();
    if (known !== undefined) return known;
    const made = make();
    kept = new WeakRef(made);
    return made;
  };
}
