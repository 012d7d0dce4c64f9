/** Agents renew long before: a certificate that has less left was not renewed when it should have been. */
export const CERTIFICATE_ENDS_SOON_MS = 7 * 86_400_000;
