import type { Results } from "./results.ts";

/** The ratios as bars. Colours are plain enough for a light page and a dark one. */

const WIDTH = 820;
const LABEL = 300;
const SCALE = WIDTH - LABEL - 60;
const BAR = 16;
const GAP = 7;
const OURS = "#2f6fde";
const OTHERS = "#9aa4b2";
const TEXT = "#7b8694";

interface Bar {
  label: string;
  name: string;
}

const GROUPS: { title: string; goal: number; bars: Bar[] }[] = [
  {
    title: "jobs_get_status over MCP, of a bare Durable Object read",
    goal: 0.75,
    bars: [
      { label: "Edge Jobs, 2025, with auth", name: "status_2025" },
      { label: "Edge Jobs, 2026-07-28, with auth", name: "status_2026" },
      { label: "stock SDK handler, 2025", name: "sdk_read_2025" },
      { label: "stock SDK handler, 2026-07-28", name: "sdk_read_2026" },
      { label: "stock agents handler, 2025", name: "agents_read_2025" },
      { label: "stock agents handler, 2026-07-28", name: "agents_read_2026" },
    ],
  },
  {
    title: "jobs_submit_blueprint over MCP, of a bare durable insert of one row",
    goal: 0.7,
    bars: [
      { label: "Edge Jobs, 2025, with auth", name: "submit_2025" },
      { label: "Edge Jobs, 2026-07-28, with auth", name: "submit_2026" },
      { label: "stock SDK handler, one row, 2026-07-28", name: "sdk_insert_2026" },
      { label: "stock agents handler, one row, 2026-07-28", name: "agents_insert_2026" },
    ],
  },
  {
    title: "what is the same for everybody, of an echo of as many bytes",
    goal: 0.7,
    bars: [
      { label: "Edge Jobs, tools/list, 2025", name: "tools_list_2025" },
      { label: "Edge Jobs, tools/list, 2026-07-28", name: "tools_list_2026" },
      { label: "Edge Jobs, initialize, 2025", name: "initialize_2025" },
      { label: "Edge Jobs, server/discover, 2026-07-28", name: "discover_2026" },
    ],
  },
  {
    title: "jobs_list over MCP, of a bare read of the same 50 rows",
    goal: 0.5,
    bars: [
      { label: "Edge Jobs, 2025, with auth", name: "list50_2025" },
      { label: "Edge Jobs, 2026-07-28, with auth", name: "list50_2026" },
    ],
  },
];

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${x}" y="${y}" fill="${TEXT}"${more}>${content}</text>`;

/** @returns an SVG document */
export function chartOf({ ratios, measured_at }: Results): string {
  const parts: string[] = [];
  let y = 10;
  for (const { title, goal, bars } of GROUPS) {
    y += 20;
    parts.push(text(0, y, title, ' font-weight="bold"'));
    y += 10;
    const top = y;
    for (const { label, name } of bars) {
      const ratio = ratios[name] ?? 0;
      const width = Math.round(Math.min(ratio, 1) * SCALE);
      const colour = label.startsWith("Edge Jobs") ? OURS : OTHERS;
      parts.push(text(LABEL - 10, y + BAR - 4, label, ' text-anchor="end"'));
      parts.push(`<rect x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`);
      parts.push(text(LABEL + width + 6, y + BAR - 4, ratio.toFixed(2)));
      y += BAR + GAP;
    }
    const x = LABEL + Math.round(goal * SCALE);
    parts.push(`<path d="M${x} ${top - 4}V${y - 2}" stroke="${TEXT}" stroke-dasharray="3 3"/>`);
    parts.push(text(x, y + 10, `goal ${goal}`, ' text-anchor="middle" font-size="11"'));
    y += 22;
  }
  parts.push(
    text(0, y + 12, `Same machine, same workerd, ${measured_at.slice(0, 10)}; 1 = the bare limit`, ' font-size="11"'),
  );
  const size = `width="${WIDTH}" height="${y + 24}" viewBox="0 0 ${WIDTH} ${y + 24}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="13">\n<title>Rates of calls, by those of the limits of the runtime</title>\n${parts.join("\n")}\n</svg>\n`;
}
