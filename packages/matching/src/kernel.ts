import type { Package } from "@pratique/core";

const KERNEL_PART = /^linux-(?:libc-dev|headers|kbuild|image|modules|doc|source|virt|lts|edge)(?:-|$)/u;
const KERNEL_SOURCE =
  /^linux(?:$|-\d|-(?:signed|meta|headers|hwe|lowlatency|realtime|oem|aws|azure|gcp|gke|ibm|kvm|oracle|raspi)(?:-|$))/u;

/** Of RPM distributions: `kernel-core`, `kernel-headers`, `kernel6.12`, `perf` from `kernel`, `linux-api-headers`. */
const KERNEL_RPM =
  /^(?:kernel(?:$|[\d-])|linux(?:$|-(?:api-headers|glibc-devel|aws|azure|esx|rt|secure)(?:$|-)))/u;

/**
 * Tells whether a package is a part of the kernel: headers, images, tools built from its source. A container runs
 * on the kernel of its host, so that a vulnerability of the kernel is not one of the image; findings in these
 * packages have low confidence.
 */
export function isKernelPart({ type, name, source }: Package): boolean {
  if (type === "rpm") return KERNEL_RPM.test(name) || KERNEL_RPM.test(source?.name ?? name);
  return KERNEL_PART.test(name) || KERNEL_SOURCE.test(source?.name ?? name);
}
