import { useEffect, useState } from "preact/hooks";
import { type ApiError, SESSION_ENDED, type Session, session } from "./lib/api.ts";
import { lazy } from "./lib/lazy.ts";
import { showsCalls } from "./lib/mcp-call.ts";
import { goTo, place } from "./lib/router.ts";
import { useKeys } from "./lib/shortcuts.ts";
import { KeysHelp } from "./parts/keys-help.tsx";
import { Palette } from "./parts/palette.tsx";
import { Problem } from "./parts/problem.tsx";
import { ROOMS } from "./parts/rooms.ts";
import { Shell } from "./parts/shell.tsx";
import { Home } from "./views/home/home.tsx";
import { JobPage } from "./views/job/job-page.tsx";
import { Jobs } from "./views/jobs/jobs.tsx";
import { SignIn } from "./views/sign-in.tsx";

const Blueprints = lazy(async () => (await import("./views/blueprints/blueprints.tsx")).Blueprints);
const BlueprintPage = lazy(async () => (await import("./views/blueprints/blueprint-page.tsx")).BlueprintPage);
const Triggers = lazy(async () => (await import("./views/triggers/triggers.tsx")).Triggers);
const TriggerPage = lazy(async () => (await import("./views/triggers/trigger-page.tsx")).TriggerPage);
const Events = lazy(async () => (await import("./views/events/events.tsx")).Events);
const SubscriptionPage = lazy(async () => (await import("./views/events/subscription-page.tsx")).SubscriptionPage);
const Queues = lazy(async () => (await import("./views/queues.tsx")).Queues);
const Access = lazy(async () => (await import("./views/access/access.tsx")).Access);

function View() {
  const [room = "home", id] = place.value.path;
  switch (room) {
    case "home":
      return <Home />;
    case "jobs":
      return id === undefined ? <Jobs /> : <JobPage key={id} id={id} />;
    case "triggers":
      return id === undefined ? <Triggers /> : <TriggerPage key={id} />;
    case "blueprints":
      return id === undefined ? <Blueprints /> : <BlueprintPage key={id} />;
    case "events":
      return id === undefined ? <Events /> : <SubscriptionPage key={id} />;
    case "queues":
      return <Queues />;
    case "keys":
      return <Access />;
    default:
      return <p class="empty">There is nothing here.</p>;
  }
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

type Window = "palette" | "keys";

/** Letters that work in every view; the views have more. */
function Keyboard() {
  const [open, setOpen] = useState<Window>();
  useKeys((key, event, before) => {
    const room = before === "g" ? ROOMS.find(([, , letter]) => letter === key) : undefined;
    if (room !== undefined) goTo([room[0]]);
    else if (key === "/") focusSearch(event);
    else if (key === "?") setOpen("keys");
    else if (key === "n") goTo(["jobs"], { new: "1" });
    else if (key === "m") showsCalls.value = !showsCalls.value;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "k") return;
      event.preventDefault();
      setOpen("palette");
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  // That a window has closed is told late: another one may be open by then.
  const closing = (window: Window) => () => setOpen((now) => (now === window ? undefined : now));
  if (open === "palette") return <Palette onClose={closing("palette")} />;
  return open === "keys" ? <KeysHelp onClose={closing("keys")} /> : null;
}

export function App() {
  const [who, setWho] = useState<Session>();
  const [failure, setFailure] = useState<ApiError>();
  const look = () => void session.read().then(setWho, setFailure);
  useEffect(() => {
    look();
    addEventListener(SESSION_ENDED, look);
    return () => removeEventListener(SESSION_ENDED, look);
  }, []);
  const signOut = () => {
    setWho(undefined);
    void session.close().then(setWho, setFailure);
  };
  if (failure !== undefined) return <Problem error={failure} />;
  if (who === undefined) return null;
  if (who.tenant === null) return <SignIn onOpen={setWho} />;
  return (
    <Shell who={who} onSignOut={signOut}>
      <View />
      <Keyboard />
    </Shell>
  );
}
