import { render } from "preact";
import { Embedding } from "./embedding.ts";
import { type Followed, FollowedJob } from "./followed-job.ts";
import { ProgressPage } from "./progress-page.tsx";
import "../styles/base.css";
import "../styles/cards.css";
import "../styles/parts.css";
import "../styles/job.css";
import "./progress-app.css";

const host = new Embedding({
  onResult: ({ structuredContent }) => followed.begin(structuredContent),
  onEnd: () => followed.stop(),
});
const followed = new FollowedJob(host, draw);

function draw(now: Followed): void {
  const call = host.capabilities.serverTools && ((tool: string, args: object) => followed.act(tool, args));
  const root = document.querySelector("main");
  if (root !== null) render(<ProgressPage {...now} call={call} />, root);
}

draw({ job: undefined, error: undefined });
await host.begin();
