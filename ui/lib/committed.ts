import { useEffect, useRef } from "preact/hooks";

/**
 * For a field of one line that counts once it is left, or at Enter: what is typed meanwhile stays, however often the view is
 * drawn anew.
 * @param commit gets the text, trimmed
 */
export function useCommitted(value: string, commit: (text: string) => void) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (ref.current !== null) ref.current.value = value;
  }, [value]);
  return { ref, onChange: (event: { currentTarget: HTMLInputElement }) => commit(event.currentTarget.value.trim()) };
}
