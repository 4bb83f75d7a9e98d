import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";

export interface Series {
  name: string;
  /** Of the theme: `good`, `bad`, `live`, `accent`. */
  ink: string;
  values: readonly (number | null)[];
  text: (value: number) => string;
}

export interface ChartProps {
  title: string;
  /** Epoch ms, in order. */
  times: readonly number[];
  series: readonly Series[];
  kind: "bars" | "lines";
}

const HEIGHT = 168;

const colour = (name: string): string => {
  // A colour of `light-dark` is known only where it is used.
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

const faded = (ink: string): string => ink.replace(/^rgb\((.*)\)$/, "rgba($1, 0.14)");

function lineOf({ name, ink, text }: Series, kind: ChartProps["kind"]): UPlot.Series {
  const stroke = colour(ink);
  const value = (_: UPlot, at: number | null) => (at === null ? "" : text(at));
  if (kind === "lines") {
    return { label: name, stroke, width: 2, fill: faded(stroke), value, spanGaps: true, points: { size: 5 } };
  }
  const paths = UPlot.paths.bars?.({ size: [0.72, 26], radius: 0.25 });
  return { label: name, stroke, fill: stroke, width: 0, value, points: { show: false }, ...(paths && { paths }) };
}

function optionsOf({ series, kind, times }: ChartProps, width: number): UPlot.Options {
  const quiet = colour("quiet");
  const grid = { stroke: colour("line"), width: 1 };
  const text = series[0]?.text ?? String;
  const axis = { stroke: quiet, grid, ticks: { show: false }, font: "12px system-ui" };
  const gap = ((times[1] ?? 0) - (times[0] ?? 0)) / 2_000;
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    legend: { show: false },
    scales: {
      x: { range: (_, min, max) => [min - gap, max + gap] },
      y: { range: (_, __, max) => [0, Math.max(max, 1) * 1.12] },
    },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 62, values: (_, splits) => splits.map(text), space: 36, incrs: kind === "bars" ? WHOLE : TIMES },
    ],
    series: [{}, ...series.map((each) => lineOf(each, kind))],
  };
}

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000];
const TIMES = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 18_000, 43_200, 86_400].map((s) => s * 1_000),
];

/** Draws again when the window, the theme or the values change. */
export function ChartCanvas(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const { times, series } = props;
  const data = JSON.stringify([times, series]);
  useEffect(() => {
    const place = host.current;
    if (place === null) return;
    let plot: UPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const rows = [times.map((at) => at / 1_000), ...series.map(({ values }) => [...values])] as UPlot.AlignedData;
      plot = new UPlot(optionsOf(props, place.clientWidth), rows, place);
    };
    const watch = new ResizeObserver(() => plot?.width !== place.clientWidth && draw());
    const theme = matchMedia("(prefers-color-scheme: dark)");
    draw();
    watch.observe(place);
    theme.addEventListener("change", draw);
    return () => {
      watch.disconnect();
      theme.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [data]);
  return <div ref={host} />;
}
