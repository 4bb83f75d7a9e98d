import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Session } from "../lib/api.ts";
import { showsCalls } from "../lib/mcp-call.ts";
import { hrefOf, place } from "../lib/router.ts";
import { ROOMS } from "./rooms.ts";

interface ShellProps {
  who: Session;
  onSignOut: () => void;
  children: ComponentChildren;
}

function Who({ who, onSignOut }: Omit<ShellProps, "children">) {
  return (
    <div class="who">
      <label class="tick-box" title="m">
        <span>Show MCP calls</span>
        <input
          type="checkbox"
          checked={showsCalls.value}
          onChange={(event) => {
            showsCalls.value = event.currentTarget.checked;
          }}
        />
      </label>
      <p class="quiet">
        <kbd>?</kbd> keys <kbd>Ctrl K</kbd> go to
      </p>
      <p>
        {who.tenant}
        <br />
        <small>version {who.version}</small>
      </p>
      {who.locked && (
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      )}
    </div>
  );
}

/** What stands around every view. */
export function Shell({ who, onSignOut, children }: ShellProps) {
  const [room = "home", id] = place.value.path;
  const title = ROOMS.find(([path]) => path === room)?.[1];
  useEffect(() => {
    document.title = [id, title, "Edge Jobs"].filter(Boolean).join(" - ");
  }, [id, title]);
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
        <Who who={who} onSignOut={onSignOut} />
      </aside>
      <main>{children}</main>
    </div>
  );
}
