import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ApiError } from "../lib/api.ts";
import { Problem } from "./problem.tsx";

interface DialogProps {
  title: string;
  onClose: () => void;
  isWide?: boolean;
  children: ComponentChildren;
}

/** A modal window; Escape and a click beside it close it. */
export function Dialog({ title, onClose, isWide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog already
    <dialog
      ref={element}
      class={isWide ? "wide" : ""}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === element.current && element.current?.close()}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

interface DialogEndProps {
  error: ApiError | undefined;
  /** What a check has found; empty: nothing. */
  note?: string;
  onClose: () => void;
  /** Buttons that act. */
  children?: ComponentChildren;
}

/** The end of a window: what went wrong, and its buttons. */
export function DialogEnd({ error, note = "", onClose, children }: DialogEndProps) {
  return (
    <>
      <Problem error={error} />
      {note !== "" && error === undefined && <p class="quiet">{note}</p>}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
        {children}
      </div>
    </>
  );
}
