import type { Readable } from 'node:stream'
import type { WriteStream } from 'node:tty'

/** An output stream: data on stdout, words for people on stderr. */
export interface Output {
  readonly isTTY: boolean
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number
  /** Its reader went away, as far as what was written has shown. */
  readonly closed?: boolean
  /**
   * Resolves when the text has left the process; a reader that went away is no error, and on stderr nothing is.
   *
   * @throws CliError where stdout can't take it, or couldn't take what came before: a disk that is full.
   */
  write(text: string | Uint8Array): Promise<void>
  /** The stream itself, for what moves on a terminal or passes bytes through. */
  readonly stream: WriteStream
}

/** All that a command knows of the process it runs in. Tests give it another. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The file of this program, links followed. */
  readonly program: string
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown }
  readonly stdout: Output
  readonly stderr: Output
  /** Milliseconds since 1970: for what others have dated. */
  now(): number
  /** Milliseconds of a clock that nobody sets: for time limits and spans. */
  monotonic(): number
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** Aborted when the process is asked to end (SIGINT, SIGTERM, SIGHUP). Its reason is a Failure with exit 130, 143 or 129. */
  readonly interrupted: AbortSignal
  /** Aborted in the same way, but only by what comes from now on: for what is still to be done after an interruption. */
  nextInterruption(): AbortSignal
}
