import { isActing } from "../blueprint/acting.ts";
import { KIND_TABLE } from "../blueprint/kinds/index.ts";
import type { Scope } from "../expression/template.ts";
import { isTrue } from "../expression/truth.ts";
import { tolerated } from "./act.ts";
import type { RunContext, Step, StepOf, StepRun } from "./context.ts";
import { type Done, done, type Ending, failed, HALTED, type SequenceEnding, type Unkept } from "./ending.ts";
import { heldBytes } from "./holdings.ts";
import { readyStep } from "./ready-step.ts";

function runKind<Type extends Step["type"]>(
  context: RunContext,
  step: StepOf<Type> & { type: Type },
  scope: Scope,
  path: string,
): Promise<Ending> {
  const { type }: { type: Type } = step;
  const run: StepRun<Type> = context.kinds[type];
  return run(context, step, scope, path);
}

/** Its outcome is known from what is stored alone: it computes nothing, and has no steps inside. */
const isJournaled = (step: Step): boolean =>
  step.type !== "transform" && KIND_TABLE.get(step.type)?.inner === undefined && !("pages" in step);

async function runStep(context: RunContext, step: Step, around: Scope, path: string): Promise<Ending> {
  const scope = { ...around, path };
  if (step.when !== undefined) {
    const condition = await context.evaluate(step.when, scope);
    if (!condition.ok) return failed(condition.error, path);
    if (!isTrue(condition.value)) {
      context.reports.add({ path, status: "skipped" });
      return done(undefined, { skipped: true });
    }
  }
  const { journal } = context;
  if (journal !== undefined && isJournaled(step)) return journal.ending(step, scope, path, context.keyPath(path));
  const ready = await readyStep(context, step, scope);
  return ready.ok ? runKind(context, ready.value, scope, path) : failed(ready.error, path);
}

/** In a plan that is run once more, what had failed goes no further, and stops nothing beside it. */
const judged = ({ journal }: RunContext, { on_error }: Step, ending: Ending): Ending =>
  journal !== undefined && ending.end === "failed" && on_error === "fail" ? HALTED : ending;

/** Waits that begin with one report; the look at an event's log comes between for those that wait for one. */
const WAITS: readonly Step["type"][] = ["sleep", "input", "job", "worker"];

/** Whether the step reports nothing, or first that it begins: with that, the end of the action before rides. */
const carriesOn = (step: Step): boolean =>
  step.type === "transform" ||
  step.type === "end" ||
  isActing(step) ||
  (WAITS.includes(step.type) && !("event" in step));

/**
 * How a sequence ended is told to whoever must hear of it, and to the registry what it has not heard of the last action.
 * @returns when that is not kept: the sequence goes on from that action, which failed
 */
export type Conclude = (context: RunContext, ending: SequenceEnding) => Promise<Unkept | undefined>;

const concludeInner: Conclude = async (context, ending) => {
  const reported = ending.end === "stopped" ? undefined : await context.report();
  return reported?.end === "unkept" ? reported : undefined;
};

type Held = Done & { bytes: number };

/** Whether the action at `path` is that of the step, or one of several of it. */
const isOf = (path: string, step: string): boolean =>
  path.startsWith(step) && /^$|^[.[#]/.test(path.slice(step.length));

class Sequence {
  readonly #context: RunContext;
  readonly #steps: readonly Step[];
  readonly #scope: Scope;
  readonly #prefix: string;
  /** How the steps so far ended, in their order. */
  readonly #ended: Held[] = [];

  constructor(context: RunContext, steps: readonly Step[], scope: Scope, prefix: string) {
    this.#context = context.inSequence();
    this.#steps = steps;
    this.#scope = scope;
    this.#prefix = prefix;
  }

  async run(conclude: Conclude): Promise<SequenceEnding> {
    try {
      let lost: Unkept | undefined;
      for (;;) {
        const ending = await this.#goOn(lost);
        if (ending.end === "unkept") {
          lost = ending;
        } else {
          lost = await conclude(this.#context, ending);
          if (lost === undefined) return ending;
        }
        this.#goBack(lost);
      }
    } finally {
      this.#drop(0);
    }
  }

  /** @param lost what the next step had yielded is not kept: it failed */
  async #goOn(lost: Unkept | undefined): Promise<Ending> {
    let failure = lost;
    for (const step of this.#steps.slice(this.#ended.length)) {
      const ending = await this.#pass(step, failure);
      failure = undefined;
      if (ending.end !== "done") return ending;
      this.#add(step, ending);
    }
    return this.#result();
  }

  async #pass(step: Step, lost: Unkept | undefined): Promise<Held | Exclude<Ending, Done>> {
    const path = `${this.#prefix}${step.id}`;
    if (this.#context.lane.aborted) return HALTED;
    const ran = lost === undefined ? await this.#runStep(step, path) : failed(lost.error, lost.path);
    const ending = await this.#kept(judged(this.#context, step, ran), path);
    if (ending.end !== "failed" || step.on_error === "fail" || ending.fatal) return ending;
    this.#context.reports.add({ path, status: "failed", error: ending.error });
    return this.#kept({ ...tolerated(ending.error, ending.done), at: ending.at }, path);
  }

  async #runStep(step: Step, path: string): Promise<Ending> {
    const reported = carriesOn(step) ? undefined : await this.#context.report();
    return reported ?? runStep(this.#context, step, this.#scope, path);
  }

  /** The ending with its output held, as later steps see it; or why it cannot be. */
  async #kept(ending: Ending, path: string): Promise<Held | Exclude<Ending, Done>> {
    // Which row failed first is decided; what fails after it is no news.
    if (ending.end === "failed" && this.#context.lane.aborted) return HALTED;
    if (ending.end !== "done") return ending;
    const output = ending.output ?? null;
    const bytes = heldBytes(output);
    return (await this.#context.hold(bytes, path)) ?? { ...ending, bytes };
  }

  #add(step: Step, ending: Held): void {
    this.#ended.push(ending);
    if (ending.output !== undefined) this.#scope.steps[step.id] = ending.output;
    if (this.#context.knowsRowsByItem) this.#scope.now = Math.max(this.#scope.now, ending.at ?? 0);
  }

  /** The steps from that of the action on have not ended yet. */
  #goBack({ path }: Unkept): void {
    const index = this.#steps.findIndex(({ id }) => isOf(path, `${this.#prefix}${id}`));
    for (const { id } of this.#steps.slice(index, this.#ended.length)) {
      delete this.#scope.steps[id];
      this.#context.reports.forget(`${this.#prefix}${id}`);
    }
    this.#drop(index);
  }

  #drop(from: number): void {
    for (const { bytes } of this.#ended.splice(from)) this.#context.holdings.drop(bytes);
  }

  /** The output of the last step that yields one. */
  #result(): Done {
    const last = this.#ended.findLast(({ output, silent }) => output !== undefined && !silent) ?? done(undefined);
    const skipped = this.#ended.every((each) => each.skipped);
    const tolerated = this.#ended.reduce((sum, { tolerated: passedOver }) => sum + passedOver, 0);
    return { ...last, skipped, tolerated, at: this.#scope.now };
  }
}

/**
 * Runs steps one after the other; each sees the outputs of those before it, which are added to the scope.
 * @param prefix path of the enclosing item or branch with its dot, or nothing
 * @param conclude what is done with the end; left out: the caller does it
 * @returns the output of the last step that yields one, or the first failure that no `on_error: continue` passes over
 */
export const runSteps = (
  context: RunContext,
  steps: readonly Step[],
  scope: Scope,
  prefix: string,
  conclude = concludeInner,
): Promise<SequenceEnding> => new Sequence(context, steps, scope, prefix).run(conclude);
