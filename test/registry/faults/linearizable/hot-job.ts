/** One job as those who call at the same time must see it: what each operation does to it, and answers. */

export interface Hot {
  status: "none" | "queued" | "running" | "input_required" | "succeeded" | "failed" | "cancelled";
  result: number | null;
  question: "none" | "open" | "accept" | "decline" | "expired";
}

export const NONE: Hot = { status: "none", result: null, question: "none" };

export const textOf = (state: Hot): string => `${state.status} ${state.result} ${state.question}`;

export type Call =
  | { do: "submit" | "status" | "start" | "ask" | "cancel" | "fail" }
  | { do: "succeed"; result: number }
  | { do: "respond"; action: "accept" | "decline" };

/** What is compared of a reply. */
export type Reply = Record<string, unknown>;

const isOver = ({ status }: Hot): boolean => ["succeeded", "failed", "cancelled"].includes(status);
const asks = (state: Hot): boolean => state.question === "open" && !isOver(state);

function responded(state: Hot, action: "accept" | "decline"): [Hot, Reply] {
  if (asks(state)) return [{ ...state, question: action, status: "running" }, { ok: true }];
  const isAnswered = state.question !== "none" && state.question !== "open";
  return [state, isAnswered ? { code: "already_answered", action: state.question } : { code: "unknown_request" }];
}

function asked(state: Hot): [Hot, Reply] {
  if (isOver(state)) return [state, { do: "stop" }];
  if (state.question === "none") return [{ ...state, question: "open", status: "input_required" }, { do: "wait" }];
  return [state, { do: state.question === "open" ? "wait" : "done" }];
}

function succeeded(state: Hot, result: number): Hot {
  if (isOver(state) || state.status === "queued") return state;
  const question = state.question === "open" ? "expired" : state.question;
  return { status: "succeeded", result, question };
}

/** @returns the state that follows, and the answer */
export function perform(state: Hot, call: Call): [Hot, Reply] {
  switch (call.do) {
    case "submit":
      if (state.status === "none")
        return [
          { ...state, status: "queued" },
          { status: "queued", deduplicated: false },
        ];
      return [state, { status: state.status, deduplicated: true }];
    case "status":
      return [state, { status: state.status, result: state.result, asks: asks(state) }];
    case "start":
      if (isOver(state)) return [state, { do: "stop" }];
      return [state.status === "queued" ? { ...state, status: "running" } : state, { do: "run" }];
    case "ask":
      return asked(state);
    case "respond":
      return responded(state, call.action);
    case "succeed":
      return [succeeded(state, call.result), {}];
    case "fail":
      return [isOver(state) ? state : { ...state, status: "failed" }, {}];
    case "cancel":
      if (isOver(state)) return [state, { changed: false, status: state.status }];
      return [
        { ...state, status: "cancelled" },
        { changed: true, status: "cancelled" },
      ];
    default:
      return call satisfies never;
  }
}
