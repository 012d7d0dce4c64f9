import { type Installation, withSealing } from "../sealing/installation.ts";
import { AgentAuthority } from "./agent-authority.ts";
import { HOST_CERTIFICATE_MS } from "./start-agents.ts";
import { storedAuthority } from "./stored-authority.ts";

/**
 * Makes the authority for agents that will follow the one there is; servers that run take it up by themselves. Throws
 * `CERTIFICATE_UNUSABLE`, SealingError and StoreError.
 */
export async function rotateAgentAuthority(
  installation: Installation,
  {
    elapsedMs,
    hostCertificateMs = HOST_CERTIFICATE_MS,
  }: { readonly elapsedMs: () => number; readonly hostCertificateMs?: number },
): Promise<void> {
  await withSealing(installation, async ({ sealer }, store) => {
    const authority = await AgentAuthority.open({
      vault: storedAuthority(store.fleet.authorities, sealer),
      now: installation.now,
      elapsedMs,
      hostMs: hostCertificateMs,
    });
    await authority.rotate();
  });
}
