import { createServer } from "node:http";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { announce } from "./announce.mjs";

/** A queue behind a bare HTTP server, without a protocol. The job starts far ahead, as in the other cases. */
const connection = new Redis(Number(process.argv[2]), "127.0.0.1", { maxRetriesPerRequest: null });
const queue = new Queue("bench", { connection });
const LATER_MS = 30 * 86_400_000;

async function answer(path, { n, id }) {
  if (path === "/submit") {
    const job = await queue.add("bench", { text: "x".repeat(700) }, { delay: LATER_MS });
    return { n, id: job.id, status: "delayed" };
  }
  const job = await queue.getJob(id);
  return { n, id: job?.id, status: await job?.getState() };
}

const http = createServer(async (request, response) => {
  const chunks = await Array.fromAsync(request);
  const body = JSON.stringify(await answer(request.url, JSON.parse(Buffer.concat(chunks).toString())));
  response.writeHead(200, { "content-type": "application/json" }).end(body);
});
await queue.waitUntilReady();
http.listen(0, "127.0.0.1", () => announce(http.address().port));
