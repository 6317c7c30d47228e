import type { NextStep } from './errors.ts'
import type { Configuration } from './config/configuration.ts'
import type { Api, ItemSink } from './ims/api.ts'
import type { Http } from './http/http-client.ts'
import type { Value } from './json/value.ts'
import type { Format, Layout } from './render/render.ts'
import type { ObjectStore } from './s3/store.ts'
import type { CommandDefinition } from './definitions/definition.ts'
import type { Io } from './terminal/io.ts'
import type { Progress } from './terminal/progress.ts'
import type { Questions } from './terminal/question.ts'

/** The options that every command takes, as they came out of line, environment and configuration. */
export interface Globals {
  /** Name of the configuration, where one was named. */
  configuration?: string
  quiet: boolean
  format: Format
  /** `--format` was typed, rather than found in the environment or the configuration. */
  formatTyped: boolean
  /** The token file that was named. */
  token?: string
  /** What `--query` picks of a result. */
  query?: string
  verbose: number
}

/** Takes a result that is a list item by item, and keeps what will be printed. */
export interface ListPrinter extends ItemSink {
  /** Prints the list; the exit code that it deserves. */
  print(): Promise<number>
}

/** What a command runs with. */
export interface CommandContext {
  readonly io: Io
  /** The line that runs one of our commands, with the program as it was called: `cray-ims jobs list`, or `cray ims jobs list`. */
  commandLine(...words: readonly string[]): string
  /** The same for whatever a failure says to type next. */
  nextLine(next: NextStep): string
  readonly command: CommandDefinition
  readonly global: Globals
  /**
   * The configuration in use.
   * @throws CliError where there is none, or it can't be read.
   */
  configuration(): Configuration
  /**
   * The service, with the user's credentials.
   *
   * @param how held: for many requests, whose caller shows and outlasts a service that is away. signal: what ends
   * requests, in place of an interruption of the process.
   */
  api(how?: { held?: boolean; signal?: AbortSignal }): Promise<Api>
  /** Verified HTTP without credentials: for the token endpoint. */
  transport(): Promise<Http>
  /**
   * The S3 that has the artifacts.
   *
   * @param endpoint the address of one with credentials of the usual AWS variables or files, in place of the system's.
   */
  store(endpoint?: string): Promise<ObjectStore>
  /**
   * What a long command shows of its progress, on stderr.
   *
   * @param plain as of `createProgress`.
   */
  progress(plain?: (text: string) => string): Promise<Progress>
  /** Prints a result on stdout, as `--format` and `--query` say; the exit code that it deserves. */
  print(value: Value | undefined): Promise<number>
  /** How records are shown. */
  layout(): Promise<Layout>
  /**
   * What takes a list item by item and prints it as {@link print} would; undefined where that needs the whole list.
   *
   * @param keeps which items are printed; all unless given.
   */
  listPrinter(keeps?: (item: Value) => boolean): Promise<(() => ListPrinter) | undefined>
  /** A line on stderr, even when quiet: of something that is dangerous. */
  warn(line: string): void
  /** A line on stderr from this many `-v` on. */
  log(level: number, line: string): void
  readonly questions: Questions
  /** The same after an interruption, which would end all that is begun: only another one ends this. */
  afterInterruption(): CommandContext
}

/** Runs a command with its options and arguments, by name. What it resolves with is the exit code; 0 for nothing. */
export type Run<Options = Record<string, unknown>, Arguments = Record<string, string>> = (
  context: CommandContext,
  options: Options,
  args: Arguments,
) => Promise<number | void>
