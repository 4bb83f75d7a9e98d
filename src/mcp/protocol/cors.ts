/** What a page in a browser may send, and read. */

const REQUEST_HEADERS = [
  "Content-Type",
  "Accept",
  "Authorization",
  "MCP-Protocol-Version",
  "Mcp-Method",
  "Mcp-Name",
  "traceparent",
  "tracestate",
];

/** For the front door, which has defaults for the rest. */
export const CORS_OPTIONS = { headers: REQUEST_HEADERS.join(", "), methods: "POST, OPTIONS" };
