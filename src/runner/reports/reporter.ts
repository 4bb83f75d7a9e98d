import type { RateTerms } from "../../jobs/flow/turns.ts";
import type { StepError } from "../../jobs/job.ts";
import { topLevelStep } from "../../jobs/run/action-keys.ts";
import type { Mark } from "../../jobs/run/reports.ts";
import type {
  AskRequest,
  Finished,
  JournalPage,
  Recorded,
  RoundEnd,
  RunnerApi,
  RunOutcome,
  RunPlan,
  RunRef,
  SpawnRequest,
  StepFailure,
  Watched,
} from "../../registry/api/caller.ts";
import type { EventRequest } from "../../registry/api/event-calls.ts";
import type { OfferRequest } from "../../registry/api/worker-api.ts";
import type { RunnerPorts } from "../ports.ts";
import { resend } from "./resend.ts";
import type { Unreported } from "./unreported.ts";

/** An action that began with the start, this long ago, says once more that it begins: its time counts from there. */
const OPENING_KEPT_MS = 2_000;

/**
 * Reports of one attempt. Marks (what needed no engine step) wait here and ride along with the next report. Every
 * report is idempotent, so one whose answer was lost is sent again.
 */
export class Reporter {
  readonly #ports: RunnerPorts;
  #ref: RunRef;
  #marks: Mark[] = [];
  /** What was finished before this run, as far as it was read and not used, and the step with which the rest begins. */
  #journal = new Map<string, Recorded>();
  #unread: string | null = null;
  #opening: (NonNullable<RunPlan["opening"]> & { token: string; at: number }) | undefined;

  constructor(ports: RunnerPorts, ref: RunRef) {
    this.#ports = ports;
    this.#ref = ref;
  }

  get ref(): RunRef {
    return this.#ref;
  }

  /** Whether ends of actions may ride along: a registry of 0.1.0 would lose them. */
  get joins(): boolean {
    return this.#ref.run !== undefined;
  }

  add(mark: Mark): void {
    // A map's counts replace its earlier ones.
    this.#marks = this.#marks.filter((known) => known.path !== mark.path || known.status !== mark.status);
    this.#marks.push(mark);
  }

  /** What waits of the step is not true: the one before it failed. */
  forget(path: string): void {
    this.#marks = this.#marks.filter((known) => known.path !== path);
  }

  /** Sends what waits, if it can: what is lost here comes with a later report. Never throws. */
  async flush(): Promise<void> {
    await this.#withMarks((registry, marks) => registry.mark(this.#ref, marks)).catch(() => undefined);
  }

  /** Takes the attempt over: reports of whoever ran it before change nothing any more. */
  async start() {
    const taker = { process: this.#ports.process(), token: this.#ports.newToken() };
    const run = await this.#send((registry) => registry.start(this.#ref, taker));
    if (run.do === "run" && run.run !== undefined) this.#ref = { ...this.#ref, run: run.run };
    if (run.do === "run" && run.journal !== undefined) this.#keep(run.journal);
    if (run.do === "run" && run.opening !== undefined) {
      this.#opening = { ...run.opening, token: taker.token, at: this.#ports.now() };
    }
    return run;
  }

  awake() {
    return this.#send((registry) => registry.awake(this.#ref));
  }

  async begin(path: string, withinMs: number, keyPath: string, unreported: Unreported, rate?: RateTerms) {
    const recorded = await this.#finishedBefore(path);
    if (recorded !== undefined) return { do: "reuse" as const, ...recorded };
    const opening = this.#takeOpening(path);
    if (opening !== undefined && this.#ports.now() - opening.at < OPENING_KEPT_MS) return opening.begun;
    const token = opening?.token ?? this.#ports.newToken();
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.begin(this.#ref, path, token, withinMs, marks, keyPath, finished, rate),
    );
  }

  #keep({ outputs, next }: JournalPage): void {
    this.#journal = new Map(outputs.map(([path, output, at]) => [path, { output, at }]));
    this.#unread = next;
  }

  /** What the step at the path yielded in an earlier run. Of one inside another it is asked when that begins. */
  async #finishedBefore(path: string): Promise<Recorded | undefined> {
    if (topLevelStep(path) !== path) return undefined;
    while (!this.#journal.has(path) && this.#unread !== null) {
      const from = this.#unread;
      const page = await this.#send((registry) => registry.journal(this.#ref, from));
      this.#keep(page.do === "stop" ? { outputs: [], next: null } : page);
    }
    const recorded = this.#journal.get(path);
    this.#journal.delete(path);
    return recorded;
  }

  /** The action at the path, if it began with the start. */
  #takeOpening(path: string) {
    const opening = this.#opening?.path === path ? this.#opening : undefined;
    if (opening !== undefined) this.#opening = undefined;
    return opening;
  }

  retrying(path: string, error: StepError, delayMs: number, withinMs: number) {
    return this.#send((registry) => registry.retrying(this.#ref, path, error, delayMs, withinMs));
  }

  polled(path: string, everyMs: number, withinMs: number) {
    return this.#send((registry) => registry.polled(this.#ref, path, everyMs, withinMs));
  }

  finish({ path, output, error, at }: Finished) {
    return this.#send((registry) => registry.finish(this.#ref, path, output, error, at));
  }

  rest(path: string, wakeAt: number, keyPath: string, unreported: Unreported) {
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.rest(this.#ref, path, wakeAt, marks, keyPath, finished),
    );
  }

  ask(path: string, request: AskRequest, keyPath: string, unreported: Unreported) {
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.ask(this.#ref, path, request, marks, keyPath, finished),
    );
  }

  awaitEvent(path: string, request: EventRequest, keyPath: string) {
    return this.#withMarks((registry, marks) => registry.awaitEvent(this.#ref, path, request, marks, keyPath));
  }

  spawn(path: string, request: SpawnRequest, keyPath: string, unreported: Unreported) {
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.spawn(this.#ref, path, request, marks, keyPath, finished),
    );
  }

  offer(path: string, request: OfferRequest, keyPath: string, unreported: Unreported, rate?: RateTerms) {
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.offer(this.#ref, path, request, marks, keyPath, rate, finished),
    );
  }

  halt(path: string, error: StepError | "won" | null, finished: number[]) {
    return this.#withMarks((registry, marks) => registry.halt(this.#ref, path, error, finished, marks));
  }

  within(path: string, until: number) {
    return this.#withMarks((registry, marks) => registry.within(this.#ref, path, until, marks));
  }

  repeating(path: string, keyPath: string) {
    return this.#withMarks((registry, marks) => registry.repeating(this.#ref, path, marks, keyPath));
  }

  roundEnded(path: string, end: RoundEnd, keyPath: string) {
    return this.#withMarks((registry, marks) => registry.roundEnded(this.#ref, path, end, marks, keyPath));
  }

  abandon(path: string) {
    return this.#send((registry) => registry.abandon(this.#ref, path));
  }

  rowFailed(path: string, failure: StepFailure) {
    return this.#withMarks((registry, marks) => registry.rowFailed(this.#ref, path, failure, marks));
  }

  collect(path: string) {
    return this.#send((registry) => registry.collect(this.#ref, path));
  }

  parentJournal(after: string) {
    return this.#send((registry) => registry.parentJournal(this.#ref, after));
  }

  undone(path: string, keyPath: string) {
    return this.#send((registry) => registry.undone(this.#ref, path, keyPath));
  }

  settle(outcome: RunOutcome, unreported: Unreported, watched?: Watched) {
    return this.#joined(unreported, (registry, marks, finished) =>
      registry.settle(this.#ref, outcome, marks, finished, watched),
    );
  }

  /** With the end of the sequence's last action, if the registry has not heard of it. */
  async #joined<T extends { do: string } | undefined>(
    unreported: Unreported,
    report: (registry: RunnerApi, marks: Mark[], finished: Finished | undefined) => Promise<T>,
  ): Promise<T> {
    const { finished } = unreported;
    const answer = await this.#withMarks((registry, marks) => report(registry, marks, finished));
    unreported.clear();
    return answer;
  }

  async #withMarks<T extends { do: string } | undefined>(
    report: (registry: RunnerApi, marks: Mark[]) => Promise<T>,
  ): Promise<T> {
    const marks = this.#marks;
    const putBack = () => {
      this.#marks = [...marks, ...this.#marks];
    };
    this.#marks = [];
    try {
      const answer = await this.#send((registry) => report(registry, marks));
      if (answer?.do === "unkept") putBack();
      return answer;
    } catch (error) {
      putBack();
      throw error;
    }
  }

  async #send<T>(report: (registry: RunnerApi) => Promise<T>): Promise<T> {
    return resend(
      () => report(this.#ports.registry()),
      (ms) => this.#ports.pause(ms),
    );
  }
}
