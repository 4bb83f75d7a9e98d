import type { Bench } from "./bench.ts";

/** The engine runs the job to its end. */
export async function end(bench: Pick<Bench, "runner" | "ref" | "settleBackground">, id: string): Promise<void> {
  await bench.runner.start(bench.ref(id));
  await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
  await bench.settleBackground();
}

/** A running parent's step asks for a child. */
export async function spawn(bench: Bench, parentId: string, path = "first") {
  const request = { name: "child", blueprint: "inline", plan: bench.plan, input: {} };
  const reply = await bench.runner.spawn(bench.ref(parentId), path, request, []);
  await bench.settleBackground();
  return reply;
}
