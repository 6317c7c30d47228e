/** What to type next: the words of one of our commands, without the program's name; or a line as it is typed. */
export type NextStep = readonly string[] | string

/** What a {@link CliError} says besides its message. */
export interface CliErrorDetails {
  /** Exit code of the program; 2 unless said otherwise. */
  exit?: number
  /** Lines below the message: on which thing, why, what was tried. None has an end of line in it. */
  more?: readonly string[]
  next?: NextStep
  /** A line below that. */
  footer?: string
  /** The failure is one of the command line: the usage is shown above the message. */
  usage?: boolean
  /** The message stands alone, without `Error: ` before it. */
  bare?: boolean
  /** Of a write: it may have been carried out. */
  inDoubt?: boolean
  /** It may pass by itself: the same may work when it is tried again. */
  transient?: boolean
  cause?: unknown
}

/**
 * A failure that a user can do something about. Its message is the text after `Error: `; whatever else is
 * thrown is a defect of this program.
 */
export class CliError extends Error {
  readonly exit: number
  readonly more: readonly string[]
  readonly next: NextStep | undefined
  readonly footer: string | undefined
  readonly usage: boolean
  readonly bare: boolean
  readonly inDoubt: boolean
  readonly transient: boolean

  constructor(message: string, details: CliErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'CliError'
    this.exit = details.exit ?? 2
    this.more = details.more ?? []
    this.next = details.next
    this.footer = details.footer
    this.usage = details.usage ?? false
    this.bare = details.bare ?? false
    this.inDoubt = details.inDoubt ?? false
    this.transient = details.transient ?? false
  }
}

/** A failure of the command line itself: bad options, arguments or values. */
export function usageError(message: string, details: CliErrorDetails = {}): CliError {
  return new CliError(message, { ...details, usage: true })
}

/** A failure that says more than before. */
export function amended(failure: CliError, details: CliErrorDetails): CliError {
  const { message, exit, more, next, usage, cause } = failure
  return new CliError(message, { exit, more, next, usage, cause, ...details })
}

/** A question that nobody answered: the input ended, or Ctrl-C. */
export function aborted(): CliError {
  return new CliError('Aborted!', { exit: 1, bare: true })
}

/**
 * Whether no more files could be opened, of this process or of the machine: whatever opens one may meet that. Some of Node's
 * errors have no code for it.
 */
export function isTooManyFiles(error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
  return code === 'EMFILE' || code === 'ENFILE' || /too many open files/i.test(message)
}

/** What to type where {@link isTooManyFiles}. */
export const moreFiles = 'ulimit -n 1024'
