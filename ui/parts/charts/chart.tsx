import { lazy } from "../../lib/lazy.ts";
import type { ChartProps } from "./chart-canvas.tsx";

/** uPlot asks for it when it is loaded. A Chromium of a machine without a locale has one that `Intl` refuses. */
function mendLanguage(): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en-US" });
  }
}

const Canvas = lazy<ChartProps>(async () => {
  mendLanguage();
  return (await import("./chart-canvas.tsx")).ChartCanvas;
});

const last = (values: readonly (number | null)[]): number | null => values.findLast((value) => value !== null) ?? null;

/** Lines or bars over time, in words for those who do not see them. */
export function Chart(props: ChartProps) {
  const { title, series } = props;
  const words = series.map(({ name, values, text }) => {
    const value = last(values);
    return `${name}: ${value === null ? "nothing" : text(value)}`;
  });
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {series.map(({ name, ink }) => (
            <li key={name} class={ink}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" role="img" aria-label={`${title}. Latest ${words.join(", ")}.`}>
        <Canvas {...props} />
      </div>
    </figure>
  );
}
