import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface World {
  /** Origin, without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** Bytes of `/reports/big`, as it was recorded: more than a status may carry, less than a job may keep. */
const BIG_BYTES = 350_000;

const ANSWERS: Record<string, () => string> = {
  "/shop/orders": () => JSON.stringify({ orders: [{ id: 1001, total: 4200 }] }),
  "/story/1": () => "<title>Story</title><h1>Story</h1>",
  "/reports/big": () => JSON.stringify("x".repeat(BIG_BYTES)),
};

/** What the jobs of the recorded clients call. */
export async function startWorld(): Promise<World> {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://world");
    const answer = ANSWERS[pathname];
    response.writeHead(answer ? 200 : 404, {
      "content-type": pathname === "/story/1" ? "text/html" : "application/json",
    });
    response.end(answer?.() ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
