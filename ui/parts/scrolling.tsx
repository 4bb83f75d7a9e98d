import type { ComponentChildren } from "preact";

interface ScrollingProps {
  /** What it is, for those who do not see it. */
  label: string;
  class?: string;
  children: ComponentChildren;
}

/** A text that may be larger than its place, and that keys can scroll too. */
export function ScrollingText({ label, class: look = "", children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll what has the focus
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <pre class={look} tabIndex={0} role="group" aria-label={label}>
      {children}
    </pre>
  );
}

/** A table that may be wider than its place. */
export function ScrollingTable({ label, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll what has the focus
    <section class="card table" tabIndex={0} aria-label={label}>
      <table>{children}</table>
    </section>
  );
}
