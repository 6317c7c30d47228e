/** The longest delay of a timer, in milliseconds: 24.8 days. Node ends a longer one after 1 ms. */
export const longestDelay = 2 ** 31 - 1

/** A delay, in milliseconds, as a timer can take it: a longer one becomes the longest. */
export function timerDelay(milliseconds: number): number {
  return Math.min(milliseconds, longestDelay)
}
