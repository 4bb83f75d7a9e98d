import { useEffect, useRef } from "preact/hooks";

/** Letters that do something, as long as nobody types into a field or a window is open. */

export interface Shortcut {
  keys: string;
  does: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "/", does: "Search" },
  { keys: "j  k", does: "Next row, row before" },
  { keys: "x", does: "Select the row" },
  { keys: "Enter", does: "Open the row" },
  { keys: "c", does: "Cancel the job" },
  { keys: "r", does: "Retry the job" },
  { keys: "n", does: "New job" },
  { keys: "g h", does: "Home" },
  { keys: "g j", does: "Jobs" },
  { keys: "g b", does: "Blueprints" },
  { keys: "g t", does: "Triggers" },
  { keys: "g e", does: "Events" },
  { keys: "g q", does: "Queues" },
  { keys: "g k", does: "Keys" },
  { keys: "m", does: "Show the MCP call of each button" },
  { keys: "Ctrl K", does: "Go to anything" },
  { keys: "?", does: "These keys" },
];

/** Letters that are typed into something, or are a browser's own, are not ours. */
const isOurs = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  !(ctrlKey || metaKey || altKey) &&
  !(target instanceof Element && target.closest("input:not([type=checkbox]):not([type=range]),textarea,select,dialog"));

/** @param onKey what to do with a letter, and with the one before it */
export function useKeys(onKey: (key: string, event: KeyboardEvent, before: string) => void): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    let before = "";
    const listen = (event: KeyboardEvent) => {
      if (!isOurs(event)) return;
      latest.current(event.key, event, before);
      before = event.key;
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
