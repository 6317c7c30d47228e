import { configurationNames } from '../config/configuration-names.ts'
import { readConfiguration } from '../config/configuration.ts'
import { configurationsFolder } from '../config/folder.ts'
import type { KnownRecords } from '../commands/completion/known-records.ts'
import { liveWords } from '../commands/completion/live-words.ts'
import type { Offer } from '../commands/completion/record-words.ts'
import { ims } from '../definitions/tree.ts'
import { findHome } from '../files/home.ts'
import type { Io } from '../terminal/io.ts'
import { continueWord, readUnfinishedWord } from '../text/unfinished-word.ts'
import type { QuietConnection } from './completion-service.ts'
import { findCompletionWord, type CompletionWord } from './completion-word.ts'

/**
 * How long the service is waited for, and when all has to be done, in milliseconds after the process began: a person waits for
 * it, a second at most.
 */
const [longestRequest, longest] = [750, 850]

/**
 * Prints what can come next on a line, a word a line, with a tab and what it is behind it: words that the table can't
 * know. A person is typing: whatever goes wrong, nothing is said, and there are none. Always resolves with 0.
 *
 * @param asked the shell; what it keeps of the word that is typed, which is what bash calls a word of its own; the line up
 * to the cursor, from the program's name on, its words as they are typed (fish: all but the last without quotes).
 * @param version our own.
 */
export async function complete(io: Io, [shell, kept = '', ...line]: readonly string[], version: string): Promise<number> {
  const over = new AbortController()
  const until = (time: number) => io.sleep(Math.max(0, time - io.monotonic()))
  void until(longestRequest).then(() => over.abort())
  await Promise.race([offer(io, { shell, kept, line, version }, over.signal).catch(() => {}), until(longest)])
  return 0
}

interface Asked {
  readonly shell: string | undefined
  readonly kept: string
  readonly line: readonly string[]
  readonly version: string
}

async function offer(io: Io, { shell, kept, line, version }: Asked, signal: AbortSignal): Promise<void> {
  const words = line.map((word, at) => (shell === 'fish' && at < line.length - 1 ? word : readUnfinishedWord(word).text))
  const word = words.length > 1 ? findCompletionWord(words) : undefined
  if (!word) return
  let known: Promise<KnownRecords> | undefined
  const offers = await liveWords(word, {
    configurations: () => configurationNames(configurationsFolder(io.env)),
    now: io.now,
    records: async (of) => (await (known ??= knownRecords(io, word, { version, signal }))).records(of),
  })
  const lines = shell === 'bash' ? forBash(offers, word, kept) : offers
  await io.stdout.write(lines.map(({ word: text, about }) => `${text}\t${about}\n`).join(''))
  if (known) (await known).keep()
}

/** The words as bash inserts them: it quotes nothing itself, and replaces only what it takes for the last word. */
function forBash(offers: readonly Offer[], { before }: CompletionWord, kept: string): Offer[] {
  const start = readUnfinishedWord(kept)
  return offers.flatMap((one) => {
    const whole = before + one.word
    const word = whole.startsWith(start.text) ? continueWord(whole.slice(start.text.length), start.quotes) : undefined
    return word ? [{ ...one, word }] : []
  })
}

async function knownRecords(
  io: Io,
  { command, words, options }: CompletionWord,
  how: Pick<QuietConnection, 'version' | 'signal'>,
): Promise<KnownRecords> {
  const { connectQuietly } = await import('./completion-service.ts')
  const path = (text: string | undefined) => text?.replace(/^~(?=\/)/, () => findHome(io.env) ?? '~')
  const configuration = readConfiguration(io.env, options.configuration)
  const parsed = {
    command: command!,
    words: ims.commands.some(({ name }) => name === words[0]) ? ['ims', ...words] : words,
    flags: Object.fromEntries(
      Object.entries({ token: path(options.token), ca_file: path(options.ca_file) }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    ),
    arguments: {},
  }
  return connectQuietly(io, { configuration, parsed, ...how })
}
