import "../rules/rules.css";
import { Button } from "@patternfly/react-core";
import { exportProfile, type ReplyOf, type showProfile } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { readQuery } from "../../api/queries.ts";
import { Alert } from "../alert.tsx";
import { Choice } from "../choice.tsx";
import { FormField } from "../form-field.tsx";
import { saveFile } from "../lists/save-file.ts";
import { Scroller } from "../lists/scroller.tsx";
import { Read } from "../read.tsx";

type ProfileView = ReplyOf<typeof showProfile>;
type Format = "compose" | "docker" | "kubernetes" | "seccomp";

const formats: readonly { readonly value: Format; readonly text: string }[] = [
  { value: "compose", text: "Compose" },
  { value: "docker", text: "docker run" },
  { value: "kubernetes", text: "Kubernetes" },
  { value: "seccomp", text: "seccomp" },
];

/** How to run the image so that it can do what was learned, and little else. */
export function ProfileExport({ profile: { host, image, mode } }: { readonly profile: ProfileView }) {
  const [format, setFormat] = useState<Format>("compose");
  const [name, setName] = useState("app");
  const isName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(name);
  const exported = useQuery({
    ...readQuery(exportProfile, { params: { host, image }, query: { format, name } }),
    enabled: isName,
    placeholderData: (before) => before,
  });
  return (
    <div className="panel">
      {mode === "learn" && (
        <Alert
          isInline
          variant="warning"
          component="p"
          title="It is still being learned: what it has not done yet would be refused"
        />
      )}
      <Choice
        label="Format"
        anyText="Compose"
        options={formats.filter(({ value }) => value !== "compose")}
        value={format === "compose" ? undefined : format}
        onChoose={(value) => setFormat(value ?? "compose")}
      />
      <FormField
        id="profile-export-name"
        label="Name of the container"
        value={name}
        onChange={setName}
        fault={isName ? undefined : "Lower-case letters, digits and dashes"}
      />
      <Read query={exported} what="what is written">
        {({ text, fileName, unknown, explanation }) => (
          <>
            {unknown.length > 0 && (
              <Alert
                isInline
                variant="info"
                component="p"
                title={`Too much was seen to know all of: ${unknown.join(", ")}`}
              />
            )}
            {format === "seccomp" && explanation !== "" && <p className="subtle">{explanation}</p>}
            <Scroller label="What is written, scrolled">
              <pre className="rule-text">{text}</pre>
            </Scroller>
            <div>
              <Button
                variant="secondary"
                isDisabled={!isName || exported.isPlaceholderData}
                onClick={() => saveFile(new Blob([text], { type: "text/plain" }), fileName)}
              >
                {`Save ${fileName}`}
              </Button>
            </div>
          </>
        )}
      </Read>
    </div>
  );
}
