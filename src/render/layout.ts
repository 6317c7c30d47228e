import type { Resource } from '../definitions/resource.ts'

/** How records are shown, besides their format. */
export interface Layout {
  /** Their kind. */
  readonly resource?: Resource
  /** A query made them: they have columns of their own. */
  readonly selected?: boolean
  /** Which columns: by name, or as fields. */
  readonly columns?: readonly string[]
  readonly wide?: boolean
  readonly noHeaders?: boolean
  /** The columns of the terminal that a table is fitted to. */
  readonly width?: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Makes what comes from outside a text that stays on its line. */
  show(text: string): string
  /** Colours a status. */
  paint?(status: string): string
}
