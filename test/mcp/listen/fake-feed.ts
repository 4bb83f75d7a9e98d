import type { Followed, JobChange } from "../../../src/registry/api/followed-changes.ts";

type Step = (controller: ReadableStreamDefaultController<Uint8Array>) => void;

/** One connection to the change stream of a registry in memory. The test says what comes, each thing once it is read. */
export class FakeFeed {
  readonly asked: Followed[];
  readonly stream: ReadableStream<Uint8Array>;
  /** The reader's side has given it up. */
  isReleased = false;
  readonly #steps: Step[] = [];
  #wake: () => void = () => {};

  constructor(asked: Followed[]) {
    this.asked = asked;
    const pull: (controller: ReadableStreamDefaultController<Uint8Array>) => Promise<void> = async (controller) => {
      while (this.#steps.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#steps.shift()?.(controller);
    };
    this.stream = new ReadableStream({ pull }, { highWaterMark: 0 });
  }

  readonly lease: Disposable = {
    [Symbol.dispose]: () => {
      this.isReleased = true;
    },
  };

  tell(...changes: JobChange[]): void {
    this.#write(changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  }

  /** A connection may break in the middle of a line. */
  break(): void {
    this.#write('{"job_id":"job_');
    this.#add((controller) => controller.error(new Error("the object was reset")));
  }

  end(): void {
    this.#add((controller) => controller.close());
  }

  #write(text: string): void {
    this.#add((controller) => controller.enqueue(new TextEncoder().encode(text)));
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#wake();
  }
}
