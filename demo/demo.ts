import { parseArgs, styleText } from "node:util";
import { startSampleService } from "../tooling/sample-service.ts";
import { startDevServer } from "../tooling/servers/dev-server.ts";
import { type Receiver, startReceiver } from "../tooling/services/receiver.ts";
import { connect } from "./client.ts";
import { connectHelp } from "./connect-help.ts";
import { auditUrls, failAndExplain, listTools, SAMPLE_ROUTES } from "./scenes.ts";
import { NOTIFY_SECRET, startByThemselves } from "./starts.ts";

/**
 * `npm run demo`: the real server, the official client, real jobs. Ends with 0 only when all is as it should be.
 * `npm run demo -- <URL>` audits that URL; `npm run demo -- --keep` leaves the server up until Ctrl-C.
 */

const SIGINT_EXIT_CODE = 130;
/** Of the server's log, shown when the demo fails. */
const LOG_LINES = 20;

interface Options {
  keep: boolean;
  target: URL | undefined;
}

/** What there is on this machine while the demo runs. */
interface Places {
  service: string;
  server: string;
  receiver: Receiver;
}

function scene(title: string): void {
  console.log(`\n${styleText(["bold", "cyan"], `▌ ${title}`)}`);
}

async function play({ service, server, receiver }: Places, { keep, target }: Options): Promise<void> {
  const mcpUrl = `${server}/mcp`;
  const client = await connect(mcpUrl);
  try {
    scene(`Connected to ${mcpUrl} (MCP ${client.getNegotiatedProtocolVersion()}). Its tools:`);
    await listTools(client);
    if (target) {
      scene(`A job: url-audit of ${target.href}`);
      await auditUrls(client, [target.href]);
    } else {
      scene("A job: url-audit of six pages, one slow, one moved, one flaky, one missing");
      const urls = Object.keys(SAMPLE_ROUTES).map((route) => service + route);
      await auditUrls(client, urls, Object.values(SAMPLE_ROUTES));
    }
    scene("A job made to fail, and its postmortem");
    await failAndExplain(client, service);
    scene("Jobs that begin by themselves: by a webhook, by a watch, and a receiver that is told");
    await startByThemselves(client, receiver);
  } finally {
    await client.close();
  }
  scene(keep ? "Connect to it" : "Connect to it (npm run demo -- --keep leaves the server up)");
  console.log(connectHelp(server).join("\n"));
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({ options: { keep: { type: "boolean" } }, allowPositionals: true });
  const [argument] = positionals;
  const target = argument === undefined ? undefined : URL.parse(argument);
  if (target === null) throw new Error(`${argument} is not a URL. Write it out, such as https://example.com/.`);
  return { keep: values.keep ?? false, target };
}

/** Resolves at Ctrl-C. Heard from the start on, so that no server is left behind. */
const interrupted = (): Promise<"interrupted"> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve("interrupted"));
  });

async function main(): Promise<void> {
  const options = readOptions();
  const interruption = interrupted();
  const service = await startSampleService();
  const receiver = await startReceiver();
  try {
    console.log("Starting the server: workerd, with Durable Objects and Workflows embedded.");
    // Whoever runs the demo vouches for its targets, so these may lie on this machine.
    const hosts = [service.url, receiver.url, options.target ?? []].flat().map((url) => new URL(url).host);
    const vars = {
      HTTP_ALLOW: hosts.join(","),
      NOTIFY_WEBHOOK_SECRET: NOTIFY_SECRET,
      BLUEPRINT_SECRETS: `NOTIFY_WEBHOOK_SECRET@${new URL(receiver.url).host}`,
    };
    const server = await startDevServer({ vars });
    try {
      const places = { service: service.url, server: server.url, receiver };
      const end = await Promise.race([play(places, options), interruption]);
      if (end === "interrupted") process.exitCode = SIGINT_EXIT_CODE;
      else if (options.keep) {
        console.log(`\nThe server stays up at ${server.url}/mcp. Ctrl-C ends it.`);
        await interruption;
      }
    } catch (error) {
      console.error(`\nThe server's last lines:\n${server.log().trimEnd().split("\n").slice(-LOG_LINES).join("\n")}`);
      throw error;
    } finally {
      await server.stop();
    }
  } finally {
    await Promise.all([service.close(), receiver.close()]);
  }
}

try {
  await main();
} catch (error) {
  console.error(`\n${styleText("red", "The demo failed:")} ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
