import {
  DropdownItem,
  Label,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  PageToggleButton,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import { BarsIcon } from "@patternfly/react-icons/dist/esm/icons/bars-icon.js";
import { signOut } from "@pratique/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { call } from "../api/call.ts";
import type { LiveState } from "../api/live.ts";
import { sessionQuery } from "../api/queries.ts";
import { PopupMenu } from "../parts/popup-menu.tsx";
import type { Side } from "./side.ts";
import { ThemeToggle } from "./theme-toggle.tsx";

interface AppMastheadProps {
  readonly live: LiveState;
  readonly side: Side;
  readonly onHelp: () => void;
}

/** The line at the top: brand, whether what is shown is fresh, theme, and who is signed in. */
export function AppMasthead({ live, side, onHelp }: AppMastheadProps) {
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            variant="plain"
            aria-label="Navigation"
            id="navigation-toggle"
            isSidebarOpen={side.isOpen}
            onSidebarToggle={side.onToggle}
          >
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link to="/" {...props} />}>
            <img className="brand-mark" src="/icon.svg" alt="" />
            <span className="brand-name">Pratique</span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar>
          <ToolbarContent>
            <ToolbarGroup align={{ default: "alignEnd" }} alignItems="center">
              <ToolbarItem>
                <LiveLabel live={live} />
              </ToolbarItem>
              <ToolbarItem>
                <ThemeToggle />
              </ToolbarItem>
              <ToolbarItem>
                <AccountMenu onHelp={onHelp} />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}

function LiveLabel({ live }: Pick<AppMastheadProps, "live">) {
  if (live === "off") return null;
  return (
    <span role="status">
      {live === "live" ? (
        <Label isCompact status="success" variant="outline">
          Live
        </Label>
      ) : (
        <Label isCompact status="warning" variant="outline">
          Connection lost, trying again
        </Label>
      )}
    </span>
  );
}

function AccountMenu({ onHelp }: Pick<AppMastheadProps, "onHelp">) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const session = useQuery(sessionQuery);
  const login = session.data?.account.login ?? "";
  const leave = async () => {
    await call(signOut);
    client.clear();
    await navigate({ to: "/signin" });
  };
  return (
    <PopupMenu
      label={`Your account, ${login}`}
      toggle={{ children: <span className="account-name">{login}</span> }}
    >
      <DropdownItem onClick={() => void navigate({ to: "/account" })}>Your account</DropdownItem>
      <DropdownItem onClick={onHelp}>Keyboard shortcuts</DropdownItem>
      <DropdownItem onClick={() => void leave()}>Sign out</DropdownItem>
    </PopupMenu>
  );
}
