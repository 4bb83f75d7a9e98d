import { jsonText } from "../lib/format.ts";
import { ScrollingText } from "./scrolling.tsx";

/** A value that can be folded away. */
export function JsonCard({ title, value, isOpen }: { title: string; value: unknown; isOpen: boolean }) {
  if (value === null || value === undefined) return null;
  return (
    <details class="card" open={isOpen}>
      <summary>
        <strong>{title}</strong>
      </summary>
      <ScrollingText label={title}>{jsonText(value)}</ScrollingText>
    </details>
  );
}
