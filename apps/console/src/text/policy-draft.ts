/** The name that a draft gives itself; undefined where it does not say. */
export function nameIn(text: string): string | undefined {
  return /^kind:\s*Policy\s*$[\s\S]*?^metadata:\s*$[\s\S]*?^\s+name:\s*(?<name>[a-z0-9][a-z0-9.-]*)\s*$/mu.exec(
    text,
  )?.groups?.name;
}

/** What a new policy begins with: one rule that works, and a test of it. */
export const firstDraft = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: team
  description: What our team asks for
spec:
  rules:
    - name: fresh-images
      enforcement: warn
      deny: image.ageDays > 90
      message: the image is old
      value: "made {{ image.ageDays }} days ago"
      fix: build the image again
---
apiVersion: pratique/v1
kind: PolicyTest
metadata:
  name: team
spec:
  cases:
    - name: an old image is a warning
      image: { created: "2025-01-01T00:00:00Z" }
      expect: { decision: allow, warns: [fresh-images] }
`;
