import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { showsCalls } from "../lib/mcp-call.ts";

interface ActProps {
  /** What an agent would call to do the same. */
  call: string;
  onClick?: () => void;
  type?: "button" | "submit";
  class?: string;
  disabled?: boolean;
  children: ComponentChildren;
}

/** A button that does something at the server, and can show how an agent does it. */
export function Act({ call, onClick, type = "button", children, disabled = false, class: look = "" }: ActProps) {
  return (
    <span class="act">
      <button type={type} class={look} title={call} {...{ disabled, ...(onClick && { onClick }) }}>
        {children}
      </button>
      {showsCalls.value && <Call text={call} />}
    </span>
  );
}

function Call({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
  };
  return (
    <button type="button" class="call" aria-label={`Copy the call ${text}`} onClick={() => void copy()}>
      <code>{done ? "Copied" : text}</code>
    </button>
  );
}
