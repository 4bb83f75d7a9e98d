import { useEffect, useState } from "preact/hooks";
import { type ApiError, SESSION_ENDED, type Session, session } from "./lib/api.ts";
import { goTo, place } from "./lib/router.ts";
import { Problem } from "./parts/problem.tsx";
import { Shell } from "./parts/shell.tsx";
import { BlueprintPage, Blueprints } from "./views/blueprints.tsx";
import { Home } from "./views/home.tsx";
import { JobPage } from "./views/job/job-page.tsx";
import { Jobs } from "./views/jobs.tsx";
import { SignIn } from "./views/sign-in.tsx";
import { TriggerPage, Triggers } from "./views/triggers.tsx";

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
    default:
      return <p class="empty">There is nothing here.</p>;
  }
}

const GO: Readonly<Record<string, string>> = { h: "home", j: "jobs", b: "blueprints", t: "triggers" };

/** Letters that are typed into something, or are a browser's own, are not ours. */
const isOurs = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  !(ctrlKey || metaKey || altKey) && !(target instanceof Element && target.closest("input,textarea,select,dialog"));

function search(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

/** `/` searches, `g j` goes to the jobs, and so on: for hands that stay on the keyboard. */
function useKeys(): void {
  useEffect(() => {
    let before = "";
    const onKey = (event: KeyboardEvent) => {
      if (!isOurs(event)) return;
      const room = before === "g" ? GO[event.key] : undefined;
      before = event.key;
      if (room !== undefined) goTo([room]);
      if (event.key === "/") search(event);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

export function App() {
  const [who, setWho] = useState<Session>();
  useKeys();
  const [failure, setFailure] = useState<ApiError>();
  const look = () => void session.read().then(setWho, setFailure);
  useEffect(() => {
    look();
    addEventListener(SESSION_ENDED, look);
    return () => removeEventListener(SESSION_ENDED, look);
  }, []);
  // The views go first: none asks for anything without a session.
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
    </Shell>
  );
}
