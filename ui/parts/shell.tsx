import type { ComponentChildren } from "preact";
import type { Session } from "../lib/api.ts";
import { hrefOf, place } from "../lib/router.ts";

const ROOMS = [
  ["home", "Home"],
  ["jobs", "Jobs"],
  ["blueprints", "Blueprints"],
  ["triggers", "Triggers"],
] as const;

interface ShellProps {
  who: Session;
  onSignOut: () => void;
  children: ComponentChildren;
}

/** What stands around every view. */
export function Shell({ who, onSignOut, children }: ShellProps) {
  const room = place.value.path[0] ?? "home";
  return (
    <div class="frame">
      <aside class="side">
        <a class="brand" href={hrefOf(["home"])}>
          <img src="icon.svg" alt="" /> Edge Jobs
        </a>
        <nav aria-label="Views">
          {ROOMS.map(([path, name]) => (
            <a key={path} href={hrefOf([path])} {...(room === path && { "aria-current": "page" as const })}>
              {name}
            </a>
          ))}
        </nav>
        <div class="who">
          {who.tenant}
          <br />
          <small>version {who.version}</small>
          <br />
          {who.locked && (
            <button type="button" class="plain" onClick={onSignOut}>
              Sign out
            </button>
          )}
        </div>
      </aside>
      <main>{children}</main>
    </div>
  );
}
