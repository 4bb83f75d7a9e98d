import { Graph, layout } from "@dagrejs/dagre";

/** A plan as boxes and lines: what follows what, and what runs beside it. */

interface PlannedStep {
  id: string;
  type: string;
  steps?: PlannedStep[];
  branches?: Record<string, PlannedStep[]>;
}

export interface Plan {
  steps?: PlannedStep[];
  finally?: PlannedStep[];
}

export interface Box {
  path: string;
  /** Of the step at the top that it belongs to. */
  top: string;
  id: string;
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Line {
  key: string;
  points: readonly { x: number; y: number }[];
}

export interface Drawing {
  boxes: readonly Box[];
  lines: readonly Line[];
  width: number;
  height: number;
}

const CHAR_PX = 8;
const PADDING_PX = 46;
const HEIGHT_PX = 46;

interface Node {
  path: string;
  top: string;
  id: string;
  type: string;
}

class Flow {
  readonly nodes: Node[] = [];
  readonly edges: [from: string, to: string][] = [];

  /** @returns what the steps end with @param before what they follow */
  add(steps: readonly PlannedStep[], before: readonly string[], prefix: string, top?: string): readonly string[] {
    return steps.reduce((ends, step) => this.#step(step, ends, prefix, top ?? step.id), before);
  }

  #step(step: PlannedStep, before: readonly string[], prefix: string, top: string): readonly string[] {
    const path = `${prefix}${step.id}`;
    this.nodes.push({ path, top, id: step.id, type: step.type });
    for (const from of before) this.edges.push([from, path]);
    const inside = [...Object.entries(step.branches ?? {}), ...(step.steps ? [["", step.steps] as const] : [])];
    if (inside.length === 0) return [path];
    return inside.flatMap(([name, steps]) => this.add(steps, [path], `${path}.${name}.`, top));
  }
}

const widthOf = ({ id, type }: Node): number => PADDING_PX + CHAR_PX * Math.max(id.length, type.length);

/** @param isNarrow from top to bottom, for a phone; else from left to right */
export function draw({ steps = [], finally: last = [] }: Plan, isNarrow: boolean): Drawing {
  const flow = new Flow();
  const ends = flow.add(steps, [], "");
  flow.add(last, ends, "finally.");
  const graph = new Graph();
  graph.setGraph({ rankdir: isNarrow ? "TB" : "LR", nodesep: 18, ranksep: isNarrow ? 26 : 40, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of flow.nodes) graph.setNode(node.path, { width: widthOf(node), height: HEIGHT_PX });
  for (const [from, to] of flow.edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const boxes = flow.nodes.map((node): Box => {
    const { x, y, width, height } = graph.node(node.path);
    return { ...node, x: x - width / 2, y: y - height / 2, width, height };
  });
  const lines = graph.edges().map(({ v, w }) => ({ key: `${v} ${w}`, points: graph.edge(v, w).points }));
  return { boxes, lines, width, height };
}
