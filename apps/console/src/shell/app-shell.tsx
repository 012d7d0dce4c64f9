import {
  Button,
  Label,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import { BarsIcon } from "@patternfly/react-icons/dist/esm/icons/bars-icon.js";
import { signOut } from "@pratique/api";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { call } from "../api/call.ts";
import { followChanges, type LiveState } from "../api/live.ts";
import { ThemeToggle } from "./theme-toggle.tsx";

const MAIN_ID = "main";

const places = [
  { to: "/", label: "Overview" },
  { to: "/images", label: "Images" },
  { to: "/launches", label: "Launches" },
  { to: "/host", label: "Host" },
] as const;

/** What surrounds every page: masthead, navigation, and the stream of changes. */
export function AppShell() {
  const client = useQueryClient();
  const [live, setLive] = useState<LiveState>("live");
  useEffect(() => followChanges(client, setLive), [client]);
  return (
    <Page
      isManagedSidebar
      masthead={<Top live={live} />}
      sidebar={<Side />}
      mainContainerId={MAIN_ID}
      skipToContent={<SkipToContent href={`#${MAIN_ID}`}>Skip to content</SkipToContent>}
    >
      <Outlet />
    </Page>
  );
}

function Top({ live }: { readonly live: LiveState }) {
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton variant="plain" aria-label="Navigation" id="navigation-toggle">
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
                <SignOut />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}

function LiveLabel({ live }: { readonly live: LiveState }) {
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

function SignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    await call(signOut);
    client.clear();
    await navigate({ to: "/signin" });
  };
  return (
    <Button variant="link" onClick={() => void leave()}>
      Sign out
    </Button>
  );
}

function Side() {
  const { pathname } = useLocation();
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Places">
          <NavList>
            {places.map(({ to, label }) => {
              const isActive = to === "/" ? pathname === "/" : pathname.startsWith(to);
              return (
                <NavItem key={to} isActive={isActive} itemId={to}>
                  <Link to={to} aria-current={isActive ? "page" : undefined}>
                    {label}
                  </Link>
                </NavItem>
              );
            })}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}
