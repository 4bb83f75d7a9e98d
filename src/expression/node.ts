/** A node of a parsed expression. Its fields depend on its type. */
export interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly [field: string]: unknown;
}

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;
