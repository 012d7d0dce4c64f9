import { Button, Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { useMay } from "../../api/may.ts";
import { HeadingLevelContext } from "../heading-level.ts";

interface SettingsCardProps {
  readonly title: string;
  /** What the button adds; nothing can be added where it is absent. */
  readonly add?: { readonly label: string; readonly onAdd: () => void };
  readonly children: ReactNode;
}

/** One part of the settings, with a button that adds to it for whoever may. */
export function SettingsCard({ title, add, children }: SettingsCardProps) {
  const mayWrite = useMay()("settings.write") !== undefined;
  return (
    <Card>
      <CardHeader
        actions={{
          hasNoOffset: true,
          actions: mayWrite && add !== undefined && (
            <Button size="sm" onClick={add.onAdd}>
              {add.label}
            </Button>
          ),
        }}
      >
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody className="panel">
        <HeadingLevelContext value="h3">{children}</HeadingLevelContext>
      </CardBody>
    </Card>
  );
}
