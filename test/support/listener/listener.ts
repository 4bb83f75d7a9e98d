import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { JsonObject } from "../../../src/lib/json.ts";

const PROGRAM = join(import.meta.dirname, "listener-process.ts");

interface Heard {
  method: string;
  params: JsonObject;
}

/** A client in another process that listens to one job. */
export class Listener {
  readonly heard: Heard[] = [];
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #onLine: () => void = () => {};

  /** @param key of a server that asks for one */
  constructor(url: string, key?: string) {
    const args = [PROGRAM, url, ...(key === undefined ? [] : [key])];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.#child.once("exit", () => resolve()));
    if (this.#child.stdout === null) throw new Error("no output");
    createInterface(this.#child.stdout).on("line", (line) => {
      this.heard.push(JSON.parse(line));
      this.#onLine();
    });
  }

  /** What it heard of one method. */
  of = (method: string): JsonObject[] =>
    this.heard.filter((each) => each.method === method).map(({ params }) => params);

  /** The statuses, each as long as it stays one. */
  get statuses(): unknown[] {
    const all = this.of("notifications/tasks").map(({ status }) => status);
    return all.filter((status, i) => status !== all[i - 1]);
  }

  async until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }

  listen = (jobId: string): void => void this.#child.stdin?.end(jobId);

  kill = () => void this.#child.kill();
}
