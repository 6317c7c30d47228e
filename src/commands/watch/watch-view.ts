import type { Value } from '../../json/value.ts'

/** What shows records that change. */
export interface WatchView {
  show(records: readonly Value[]): Promise<void>
  /** What goes on besides: the service is away, or back. */
  note(text: string): void
  stop(): void
}
