import type { Readable } from 'node:stream'
import { CliError } from '../errors.ts'
import { interruption, start } from '../ssh/channel.ts'
import type { Session } from '../ssh/session.ts'
import { shellWords } from '../text/shell-words.ts'
import type { Output } from '../terminal/io.ts'

/** A script or command that runs once in a job's image root, whoever is connected. */
export interface RemoteScript {
  /** Path in the container of the folder that holds its state. */
  readonly folder: string
  /** The image root as the container sees it; empty where it is `/`. */
  readonly root: string
  /** Path in the container of the file that ends its shell: nothing is started once it is there. */
  readonly complete: string
  /** What runs in the root: for a script, its path there. */
  command(uploaded: string): string
  /** The file that is uploaded first. */
  readonly upload: string
  /** What its first line names: the interpreter's path in the root, and the program that `env` is to find. */
  readonly interpreter: readonly string[]
  /** Tells it from another one: letters and digits. */
  readonly identity: string
  /** Who starts it: one word. */
  readonly by: string
  /** Tells this run of ours from others: letters and digits. */
  readonly run: string
}

/** Who has started a script, and when: a time of ISO 8601. */
export interface Started {
  readonly run: string
  readonly by: string
  readonly at: string
}

/** What has become of a script by the time that its output ends. */
export type Attached =
  /** `before`: it had ended when we came. */
  | { readonly state: 'ended'; readonly code: number; readonly before: boolean; readonly started: Started }
  /** It runs no more, and left no exit code. */
  | { readonly state: 'died'; readonly started: Started }
  /** Another script has been started in this image root. */
  | { readonly state: 'other'; readonly started: Started }
  /** The connection is gone; the script may go on, unless it is over. */
  | { readonly state: 'lost'; readonly why: string; readonly over?: true }

/**
 * Runs in the container without a connection: starts the script once, keeps its output and its exit code. `ln` lets only
 * one through.
 */
const keeper = `
folder=$1 root=$2 command=$3 line=$4
printf '%s\\n' "$$ $line $(date -u +%Y-%m-%dT%H:%M:%SZ)" > "$folder/started.$$" && ln "$folder/started.$$" "$folder/started" 2>/dev/null || exit 0
exec > "$folder/out" 2>&1
if [ -n "$root" ]; then chroot "$root" /bin/sh -c "$command"; else /bin/sh -c "$command"; fi
printf '%s\\n' "$?" > "$folder/exit.new" && mv "$folder/exit.new" "$folder/exit"`

/** Runs for a connection: has the script started where it wasn't, then passes its output on. What it tells us is on stderr. */
const attendant = `
folder=$1 root=$2 identity=$3 command=$4 line=$5 upload=$6 size=$7 passed=$8 keeper=$9
shift 9
interpreter=$1 program=$2 complete=$3
tell() { printf 'cray-ims: %s\\n' "$*" >&2; }
inroot() { if [ -n "$root" ]; then chroot "$root" /bin/sh "$@"; else /bin/sh "$@"; fi; }
if [ ! -e "$folder/started" ]; then
  [ ! -e "$complete" ] || { tell over; exit; }
  inroot -c : < /dev/null || { tell failed; exit; }
  [ -z "$interpreter" ] || inroot -c '[ -x "$1" ]' sh "$interpreter" < /dev/null || { tell "missing $interpreter"; exit; }
  [ -z "$program" ] || inroot -c 'command -v "$1"' sh "$program" < /dev/null > /dev/null || { tell "missing $program"; exit; }
  umask 077
  mkdir -p "$folder" && cat > "$upload" && chmod 700 "$upload" || { tell failed; exit; }
  # Of an upload that was cut off nothing may run.
  [ "$(wc -c < "$upload")" -eq "$size" ] || { tell failed; exit; }
  session=$(command -v setsid) || session=
  (trap '' HUP; exec $session /bin/sh -c "$keeper" cray-ims "$folder" "$root" "$command" "$line") < /dev/null > /dev/null 2>&1 &
  tries=0
  while [ ! -e "$folder/started" ] && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1 2> /dev/null || sleep 1; done
fi
read -r pid theirs run by at < "$folder/started" 2> /dev/null || { [ -d "$folder" ] && tell failed || tell over; exit; }
before=running
[ -e "$folder/exit" ] && before=ended
tell "started $run $by $at $before"
[ "$theirs" = "$identity" ] || { tell other; exit; }
reading=
# Kept open: its name may be gone before the last of it is passed on.
pass_on() {
  if [ -n "$reading" ]; then cat <&3 || exit
  elif [ -e "$folder/out" ] && command exec 3< "$folder/out"; then reading=yes; tail -c +$((passed + 1)) <&3 || exit
  fi
}
# Another run that follows it removes its files, and ends its shell at once.
gone() {
  pass_on
  tries=0
  while [ ! -e "$complete" ] && [ $tries -lt 20 ]; do tries=$((tries + 1)); sleep 0.1 2> /dev/null || sleep 1; done
  if [ -e "$complete" ]; then tell over; else tell died; fi
  exit
}
while :; do
  alive=no ended=no
  kill -0 "$pid" 2> /dev/null && alive=yes
  [ -e "$folder/exit" ] && ended=yes
  pass_on
  if [ $ended = yes ]; then read -r code 2> /dev/null < "$folder/exit" || gone; tell "exit $code"; exit; fi
  [ $alive = yes ] || [ -e "$folder/exit" ] || gone
  sleep 0.2 2> /dev/null || sleep 1
done`

/** How the output of a script is passed on. */
export interface Attaching {
  readonly output: Pick<Output, 'write'>
  /** Bytes that were passed on over earlier connections. */
  readonly passed: number
  /** Is told how many more were. */
  onPassed(bytes: number): void
  readonly signal: AbortSignal
}

/**
 * Starts a script, or takes up one that was started before, and passes its output on until it ends.
 *
 * @throws CliError with exit 255 where it can't be started there; the reason of the signal.
 */
export async function attachScript(
  session: Session,
  script: RemoteScript,
  { output, passed, onPassed, signal }: Attaching,
): Promise<Attached> {
  const interrupted = interruption(signal)
  const { channel, ended } = await Promise.race([start(session, { command: attachCommand(script, passed) }), interrupted])
  const told = textOf(channel.stderr)
  // Where it was started before, nobody reads this.
  channel.on('error', () => {}).end(script.upload)
  const shown = passOn(channel, output, onPassed).catch(() => {})
  try {
    const ending = await Promise.race([ended, interrupted])
    await shown
    return read(told(), script.run, 'lost' in ending ? ending.lost : undefined)
  } finally {
    channel.close()
  }
}

/** The command that runs for a connection, with the upload as its input. */
export function attachCommand(script: RemoteScript, passed: number): string {
  const {
    folder,
    root,
    complete,
    upload,
    interpreter: [interpreter = '', program = ''],
    identity,
    by,
    run,
  } = script
  const name = `script.${run}`
  const inRoot = `${folder.slice(root.length)}/${name}`
  const words = [
    folder,
    root,
    identity,
    script.command(inRoot),
    `${identity} ${run} ${by}`,
    `${folder}/${name}`,
    String(Buffer.byteLength(upload)),
    String(passed),
    keeper,
    interpreter,
    program,
    complete,
  ]
  return shellWords(['/bin/sh', '-c', attendant, 'cray-ims', ...words])
}

async function passOn(from: Readable, output: Pick<Output, 'write'>, onPassed: (bytes: number) => void): Promise<void> {
  for await (const chunk of from) {
    await output.write(chunk as Buffer)
    onPassed((chunk as Buffer).length)
  }
}

/** The most that is kept of what the other end tells, in characters. */
const most = 8192

function textOf(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-most)
  })
  return () => text
}

/** What sshd says where it can't start the login shell. */
const noShell = /^\/\S+: No such file or directory$/m

function read(told: string, ours: string, lost: string | undefined): Attached {
  const lines = told.split('\n').flatMap((line) => /^cray-ims: (.*)$/.exec(line)?.[1] ?? [])
  const [, run, by, at, before] =
    lines.map((line) => /^started (\w+) (\S+) (\S+) (running|ended)$/.exec(line)).find((match) => match !== null) ?? []
  const started = run === undefined ? undefined : { run, by: by!, at: at! }
  const last = lines.at(-1) ?? ''
  const [, code] = /^exit (\d{1,3})$/.exec(last) ?? []
  if (started && code !== undefined) return { state: 'ended', code: Number(code), before: before === 'ended' && run !== ours, started }
  if (started && last === 'other') return { state: 'other', started }
  if (lost !== undefined) return { state: 'lost', why: lost }
  if (last === 'over') return { state: 'lost', why: 'another run has ended its shell', over: true }
  if (started) return { state: 'died', started }
  const [, missing] = /^missing (.*)$/.exec(last) ?? []
  if (missing !== undefined)
    throw new CliError(`the script couldn't be started: there is no ${missing} in the image root, which its first line names`, {
      exit: 255,
    })
  const words = told.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('cray-ims: '))
  throw new CliError("the script couldn't be started in the image root", {
    exit: 255,
    more: [
      ...words.slice(-5).map((line) => `  ${line}`),
      ...(noShell.test(told) ? ["A jail needs the image root's own shell, which is missing. To do without one: --new --no-jail"] : []),
    ],
  })
}
