import { CoreError, formatImageReference, parseImageReference } from "@pratique/core";

/** A name in full, as Docker completes it; what is no image's name stays as it is. */
export function completedName(name: string): string {
  try {
    return formatImageReference(parseImageReference(name));
  } catch (thrown) {
    if (thrown instanceof CoreError) return name;
    throw thrown;
  }
}
