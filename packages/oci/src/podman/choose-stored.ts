import { OciError } from "../errors.ts";
import { completedName } from "../image-name.ts";
import type { StoredContainer, StoredImage } from "./storage-documents.ts";

/** Beginnings of ids that are shorter are names. */
const ID_START = /^(?:sha256:)?(?<id>[0-9a-f]{3,64})$/u;

/**
 * The image that a name means: by its full name, by the short one under any registry, by the digest of its manifest, or
 * by id. Throws `IMAGE_NOT_FOUND` and `IMAGE_AMBIGUOUS`.
 */
export function chooseImage<Item>(
  items: readonly Item[],
  text: string,
  imageOf: (item: Item) => StoredImage,
): Item {
  const wanted = completedName(text);
  const short = `/${wanted.replace(/^docker\.io\/(?:library\/)?/u, "")}`;
  const id = ID_START.exec(text)?.groups?.id;
  const ways: readonly ((image: StoredImage) => boolean)[] = [
    ({ names }) => names.includes(text) || names.includes(wanted),
    // Podman gives what it builds the registry localhost, and completes short names by its own list.
    ({ names }) => names.includes(`localhost${short}`),
    ({ names }) => names.some((name) => wanted.startsWith("docker.io/") && name.endsWith(short)),
    (image) => hasDigest(image, text),
    (image) => id !== undefined && image.id.startsWith(id),
  ];
  for (const fits of ways) {
    const fitting = items.filter((item) => fits(imageOf(item)));
    const [first, ...others] = fitting;
    if (first === undefined) continue;
    // The same image may lie in several storages.
    if (others.every((item) => imageOf(item).id === imageOf(first).id)) return first;
    const names = fitting
      .map((item) => JSON.stringify(imageOf(item).names[0] ?? imageOf(item).id))
      .join(", ");
    throw new OciError("IMAGE_AMBIGUOUS", `expected one image ${JSON.stringify(text)}, found ${names}`);
  }
  throw new OciError("IMAGE_NOT_FOUND", `no image ${JSON.stringify(text)} in the storage of Podman`);
}

function hasDigest({ names, digests }: StoredImage, text: string): boolean {
  const [name = "", digest] = text.split("@");
  if (digest === undefined || !digests.some((known) => known === digest)) return false;
  const repository = withoutTag(completedName(name));
  return names.length === 0 || names.some((known) => withoutTag(known) === repository);
}

function withoutTag(name: string): string {
  return name.replace(/[@:][^/]*$/u, "");
}

/** The container of a name, an id or the beginning of one. Throws `IMAGE_NOT_FOUND` and `IMAGE_AMBIGUOUS`. */
export function onlyContainer<Item>(
  items: readonly Item[],
  text: string,
  containerOf: (item: Item) => StoredContainer,
): Item {
  const exact = items.filter(
    (item) => containerOf(item).id === text || containerOf(item).names.includes(text),
  );
  const begun = ID_START.test(text) ? items.filter((item) => containerOf(item).id.startsWith(text)) : [];
  const fitting = exact.length > 0 ? exact : begun;
  const [only, ...others] = fitting;
  if (only === undefined) {
    throw new OciError("IMAGE_NOT_FOUND", `no container ${JSON.stringify(text)} in the storage of Podman`);
  }
  if (others.length === 0) return only;
  const ids = fitting.map((item) => JSON.stringify(containerOf(item).id)).join(", ");
  throw new OciError("IMAGE_AMBIGUOUS", `expected one container ${JSON.stringify(text)}, found ${ids}`);
}
