/** What clients of the two eras send for one call of a tool, or for one other method. */

export const ERAS = ["2025", "2026"] as const;
export type Era = (typeof ERAS)[number];

const VERSIONS = { 2025: "2025-11-25", 2026: "2026-07-28" } as const;

export interface Message {
  method: string;
  params: { [name: string]: unknown };
}

export const toolCall = (name: string, args: object): Message => ({
  method: "tools/call",
  params: { name, arguments: args },
});

export function headersOf(era: Era, { method, params }: Message, key?: string): { [name: string]: string } {
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": VERSIONS[era],
    ...(era === "2026" && { "mcp-method": method }),
    ...(era === "2026" && typeof params.name === "string" && { "mcp-name": params.name }),
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
}

/** The message as JSON text, in two halves: between them stands its id. */
export function bodyOf(era: Era, { method, params }: Message): readonly [head: string, tail: string] {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": VERSIONS[era],
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
  };
  const whole = { ...params, ...(era === "2026" && { _meta }) };
  return [`{"jsonrpc":"2.0","method":"${method}","params":${JSON.stringify(whole)},"id":`, "}"];
}
