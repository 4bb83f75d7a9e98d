import type { McpDeps } from "../deps.ts";

/** A bolt in a disc. As small as one can draw it. */
const ICON =
  "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E%3Ccircle%20cx='8'%20cy='8'%20r='8'%20fill='%23f38020'/%3E%3Cpath%20d='M9%202%204%209h3l-1%205%206-7H8z'%20fill='%23fff'/%3E%3C/svg%3E";

/** Who answers, in full: for whoever asks it. */
export const serverInfo = ({ version, home }: Pick<McpDeps, "version" | "home">) => ({
  name: "edge-jobs",
  title: "Edge Jobs",
  version,
  websiteUrl: home,
  icons: [{ src: ICON, mimeType: "image/svg+xml", sizes: ["any"] }],
});

/** The least that says who answers, as every result of 2026-07-28 should. */
export const briefServerInfo = ({ version }: Pick<McpDeps, "version">) => ({ name: "edge-jobs", version });
