import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { AdjustIcon } from "@patternfly/react-icons/dist/esm/icons/adjust-icon.js";
import { MoonIcon } from "@patternfly/react-icons/dist/esm/icons/moon-icon.js";
import { SunIcon } from "@patternfly/react-icons/dist/esm/icons/sun-icon.js";
import { useState } from "react";
import { chooseTheme, chosenTheme, type Theme } from "./theme.ts";

const themes = [
  { theme: "system", label: "Theme of the system", icon: <AdjustIcon /> },
  { theme: "light", label: "Light theme", icon: <SunIcon /> },
  { theme: "dark", label: "Dark theme", icon: <MoonIcon /> },
] as const satisfies readonly { theme: Theme; label: string; icon: React.ReactNode }[];

/** Chooses between light, dark, and what the system says. */
export function ThemeToggle() {
  const [chosen, setChosen] = useState(chosenTheme);
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    setChosen(theme);
  };
  return (
    <ToggleGroup isCompact aria-label="Theme">
      {themes.map(({ theme, label, icon }) => (
        <ToggleGroupItem
          key={theme}
          buttonId={`theme-${theme}`}
          aria-label={label}
          icon={icon}
          isSelected={chosen === theme}
          onChange={() => choose(theme)}
        />
      ))}
    </ToggleGroup>
  );
}
