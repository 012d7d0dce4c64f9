import type { Package } from "@pratique/core";

const KERNEL_PART = /^linux-(?:libc-dev|headers|kbuild|image|modules|doc|source|virt|lts|edge)(?:-|$)/u;
const KERNEL_SOURCE =
  /^linux(?:$|-\d|-(?:signed|meta|headers|hwe|lowlatency|realtime|oem|aws|azure|gcp|gke|ibm|kvm|oracle|raspi)(?:-|$))/u;

/**
 * Tells whether a package is a part of the kernel: headers, images, tools built from its source. A container runs
 * on the kernel of its host, so that a vulnerability of the kernel is not one of the image; findings in these
 * packages have low confidence.
 */
export function isKernelPart({ name, source }: Package): boolean {
  return KERNEL_PART.test(name) || KERNEL_SOURCE.test(source?.name ?? name);
}
