import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { useParams } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { PageHead } from "../parts/page-head.tsx";
import { SectionNav } from "../parts/section-nav.tsx";
import { ChannelsSection } from "../parts/settings/settings-channels.tsx";
import { EncryptionSection } from "../parts/settings/settings-encryption.tsx";
import { ExportersSection } from "../parts/settings/settings-exporters.tsx";
import { ProvidersSection } from "../parts/settings/settings-providers.tsx";
import { RetentionSection } from "../parts/settings/settings-retention.tsx";
import { RoutingSection } from "../parts/settings/settings-routing.tsx";
import { LostPage } from "./lost-page.tsx";

const parts = [
  { id: "channels", label: "Channels", content: ChannelsSection },
  { id: "routing", label: "Routing", content: RoutingSection },
  { id: "exports", label: "Exports", content: ExportersSection },
  { id: "providers", label: "Identity providers", content: ProvidersSection },
  { id: "retention", label: "Retention", content: RetentionSection },
  { id: "encryption", label: "Encryption", content: EncryptionSection },
] as const;

/** How the installation is set up. */
export function SettingsPage() {
  const mayRead = useMay()("settings.read") !== undefined;
  const { section } = useParams({ strict: false });
  const current = section === undefined ? parts[0] : parts.find(({ id }) => id === section);
  if (current === undefined) return <LostPage />;
  return (
    <>
      <PageHead
        title="Settings"
        part={current.label}
        lead="Who hears of what, where the log goes, who vouches for people, and how long data are kept"
      />
      <SectionNav label="Parts of the settings" to="/settings" parts={parts} current={current.id} />
      <PageSection isFilled>
        {!mayRead ? (
          <EmptyState variant="sm" titleText="There is nothing here that you may see" headingLevel="h2">
            <EmptyStateBody>Whoever gives out roles can give you one that reads it.</EmptyStateBody>
          </EmptyState>
        ) : (
          <current.content />
        )}
      </PageSection>
    </>
  );
}
