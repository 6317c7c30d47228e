/** What of a container's log says why it failed. */
export interface FailureLines {
  /** Errors, each once. */
  readonly errors: readonly string[]
  /** Lines that may say why where none is marked as an error. */
  readonly hints: readonly string[]
}

/** Trace of a shell (`set -x`), which repeats what commands print. */
const trace = /^\++ /

/** What the service's helpers say of the statuses that they set. */
const statusWords = /set_job_status|[Ss]etting (ims )?job status|setting job status:|\bPATCH \S+ status=/

/** A line that is marked as an error: by kiwi, by Python's logging, by a script. */
const marked = /\b(ERROR|CRITICAL|FATAL)\b/

/** What a program begins with that says why it stops, or what always is the reason. */
const said = /^\s*Problem( \d+)?: |^(\S+: )?(fatal |internal )?error\b ?[:-]|^panic: |no space left on device|cannot allocate memory/i

/** The word on its own: `perl-Error` is a package. */
const error = /(?<![\w-])error\b(?!-)/i

const info = /\[ (INFO|DEBUG) *\]|^(INFO|DEBUG)\b|- (INFO|DEBUG) +- /

const warning = /\[ WARNING *\]|^WARNING\b|- WARNING +- /

/** The last line of a Python traceback. */
const exception = /^([A-Za-z_][\w.]*(Error|Exception|Exit|Fault|Interrupt|Timeout|Warning)|([a-z_]\w*\.)+[A-Z]\w*)(:|$)/

/** Errors that only say that there was one before. */
const consequence = /reported a build error|build failed on remote host|\breturn_code = \d+/

/** Plain sentences of scripts and programs that stop. */
const plain =
  /does not exist|no matching .*repos found|failed to be ready|\bis missing\b|not found|no such file|no provider of|nothing provides|permission denied|return code|\bfail(ed|ure)\b|\bunable to\b|\b(cannot|can't|could not|couldn't)\b|\bkilled\b|segmentation fault|refused|timed out|out of memory|core dumped|connection (closed|reset)/i

/** What a wait says between its tries. */
const pause = /\bsleeping\b|trying again|\bretry/i

/** How many hints are kept. */
const mostHints = 3

/**
 * The lines of a log that say why its container failed: without shell traces, the records that helpers print, and frames of
 * tracebacks. Source: the scripts of the service's job containers, kiwi, Python's logging.
 */
export function failureLines(log: readonly string[]): FailureLines {
  const { lines, raised } = readLines(log)
  const isError = (line: string) => raised.has(line) || hasMark(line)
  const detailOf = (line: string, below: string | undefined) =>
    /:\s*$/.test(line) && below !== undefined && !isError(below) ? [below.trim()] : []
  const found = once(lines.flatMap((line, at) => (isError(line) ? [line, ...detailOf(line, lines[at + 1])] : [])))
  const causes = found.filter((line) => !consequence.test(line))
  // What a wait for something gave up on is only in its warnings.
  const warned = lines.filter((line) => warning.test(line) && !pause.test(line)).slice(-1)
  const hints = once([...warned, ...lines.filter(isHint)]).slice(-mostHints)
  return { errors: causes.length > 0 ? causes : found.length > 0 ? [...hints, ...found] : [], hints }
}

function hasMark(line: string): boolean {
  if (info.test(line)) return false
  return marked.test(line) || said.test(line) || exception.test(line) || (warning.test(line) && error.test(line))
}

const isHint = (line: string) => !warning.test(line) && !consequence.test(line) && (plain.test(line) || error.test(line))

/** A log's lines without what only repeats others, or is for programs. */
export const meaningfulLines = (log: readonly string[]): string[] => readLines(log).lines

/** The same, and which of them are exceptions that tracebacks led to. */
function readLines(log: readonly string[]): { lines: string[]; raised: ReadonlySet<string> } {
  const lines: string[] = []
  const raised = new Set<string>()
  for (let at = 0; at < log.length; at++) {
    const line = log[at]!
    if (line === '{') {
      const end = log.indexOf('}', at)
      if (end >= 0) {
        const failure = failureOf(log.slice(at, end + 1))
        if (failure !== undefined) lines.push(`Error: ${failure}`)
        at = end
        continue
      }
    }
    if (line.startsWith('Traceback (most recent call last)')) {
      while (/^(Traceback|\s)/.test(log[at + 1] ?? '')) at++
      raised.add(log[at + 1] ?? '')
      continue
    }
    if (line.trim() !== '' && !trace.test(line) && !statusWords.test(line)) lines.push(line)
  }
  return { lines, raised }
}

/** What the service's upload helper says in the JSON that it prints where it fails. */
function failureOf(lines: readonly string[]): string | undefined {
  try {
    const { result, error } = JSON.parse(lines.join('\n')) as { result?: unknown; error?: unknown }
    return result === 'failure' && typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}

/** Lines that differ only in their times are the same. */
function once(lines: readonly string[]): string[] {
  const seen = new Set<string>()
  return lines.filter((line) => {
    const key = line.replace(/\d{4}-\d\d-\d\d[T ]?|\d\d:\d\d:\d\d([.,]\d+)?/g, '')
    return !seen.has(key) && Boolean(seen.add(key))
  })
}
