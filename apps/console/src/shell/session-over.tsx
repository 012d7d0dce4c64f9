import { Button, ModalBody, ModalFooter } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { isNotSignedIn } from "../api/call-error.ts";
import { sessionQuery } from "../api/queries.ts";
import { Dialog } from "../parts/dialog.tsx";
import { wayBack } from "../text/way-back.ts";

/**
 * Says that the session is over, and leads to a new one. The page stays as it is: whoever signs in elsewhere goes on
 * with what they wrote.
 */
export function SessionOver() {
  const client = useQueryClient();
  const { href } = useLocation();
  const { data, error } = useQuery(sessionQuery);
  // Whoever has signed out is known no longer, and on their way already.
  const isOver = data !== undefined && isNotSignedIn(error);
  const [isRead, setRead] = useState(false);
  useEffect(() => {
    if (!isOver) return undefined;
    return () => {
      setRead(false);
      // What was refused meanwhile is not asked for again by itself.
      void client.invalidateQueries();
    };
  }, [client, isOver]);
  if (!isOver || isRead) return null;
  return (
    <Dialog id="session-over" title="Your session is over" onClose={() => setRead(true)}>
      <ModalBody>
        Sign in again to go on from here. To keep what you have written on this page, sign in in another tab.
      </ModalBody>
      <ModalFooter>
        <Button component={(props: object) => <Link {...props} to="/signin" search={wayBack(href)} />}>
          Sign in again
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
