import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface VirtualRowsProps<T> {
  items: readonly T[];
  /** Px of each; the rows must have it. */
  rowHeight: number;
  row: (item: T) => ComponentChildren;
  /** Called when the end comes into sight. */
  onEnd: () => void;
}

/** Rows beyond the window, so that a quick scroll shows no gap. */
const SPARE = 12;

interface Range {
  from: number;
  to: number;
}

function rangeOf(place: HTMLElement, count: number, rowHeight: number): Range {
  const { top } = place.getBoundingClientRect();
  const from = Math.max(0, Math.floor(-top / rowHeight) - SPARE);
  return { from, to: Math.min(count, from + Math.ceil(innerHeight / rowHeight) + 2 * SPARE) };
}

/** A list as long as it is, of which only what is near the window is in the document. */
export function VirtualRows<T>({ items, rowHeight, row, onEnd }: VirtualRowsProps<T>) {
  const place = useRef<HTMLDivElement>(null);
  const [{ from, to }, setRange] = useState<Range>({ from: 0, to: 2 * SPARE });
  const count = items.length;
  useEffect(() => {
    const look = () => {
      if (place.current === null) return;
      const next = rangeOf(place.current, count, rowHeight);
      setRange((now) => (now.from === next.from && now.to === next.to ? now : next));
      if (next.to === count) onEnd();
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [count, rowHeight]);
  return (
    <div ref={place} class="virtual" style={{ height: `${count * rowHeight}px` }}>
      <div style={{ transform: `translateY(${from * rowHeight}px)` }}>{items.slice(from, to).map(row)}</div>
    </div>
  );
}
