import { techniqueAddress, techniqueName } from "../../text/attack-techniques.ts";

/** A technique of MITRE ATT&CK by its id, which leads to where MITRE tells of it. Nothing is read from there before. */
export function TechniqueLink({ technique }: { readonly technique: string }) {
  const name = techniqueName(technique);
  return (
    <span>
      <a
        href={techniqueAddress(technique)}
        rel="noreferrer"
        className={name === "" ? "technique-alone" : undefined}
      >
        {technique}
      </a>
      {name !== "" && ` ${name}`}
    </span>
  );
}
