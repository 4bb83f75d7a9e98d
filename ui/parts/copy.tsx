import { useState } from "preact/hooks";

interface CopyProps {
  /** The text, or how it is found. */
  text: string | (() => Promise<string>);
  label: string;
}

/** Puts a text where it can be pasted, and says so. */
export function Copy({ text, label }: CopyProps) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "string" ? text : await text());
    setDone(true);
    window.setTimeout(() => setDone(false), 1_500);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {done ? "Copied" : label}
    </button>
  );
}
