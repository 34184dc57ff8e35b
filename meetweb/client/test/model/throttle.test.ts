import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { throttled } from "../../src/model/throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("calls at once, then at most once in a pause, and never loses the last call", () => {
  const f = vi.fn();
  const call = throttled(f, 200);
  call();
  expect(f).toHaveBeenCalledTimes(1);
  call();
  call();
  expect(f).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(200);
  expect(f).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1000);
  expect(f).toHaveBeenCalledTimes(2);
  call();
  expect(f).toHaveBeenCalledTimes(3);
});
