/** What an escape asks of us. */
export type EscapeAction = 'disconnect' | 'help' | 'suspend'

/** What a piece of typing comes to. */
export interface Typed {
  /** What goes to the other end. */
  readonly bytes: Buffer
  /** What was asked of us, in this order. */
  readonly asked: readonly EscapeAction[]
}

/** Takes typing in pieces, each as it comes. */
export type Escapes = (chunk: Buffer) => Typed

const tilde = 0x7e

const actions: Readonly<Record<string, EscapeAction>> = { '.': 'disconnect', '?': 'help', '\x1a': 'suspend' }

/** What `~?` shows. */
export const escapeHelp = [
  'Supported escape sequences:',
  ' ~.   - end the connection; the job still waits',
  ' ~^Z  - suspend cray-ims',
  ' ~?   - this message',
  ' ~~   - send the escape character',
  '(Escapes are only recognized immediately after newline.)',
]

/** Finds the escapes of `ssh` in what is typed: a `~` at the beginning of a line. Source: OpenSSH's clientloop.c. */
export function createEscapes(): Escapes {
  let lineStart = true
  let pending = false
  return (chunk) => {
    const bytes: number[] = []
    const asked: EscapeAction[] = []
    for (const byte of chunk) {
      if (pending) {
        pending = false
        const action = actions[String.fromCharCode(byte)]
        if (action) {
          asked.push(action)
          continue
        }
        if (byte !== tilde) bytes.push(tilde)
      } else if (lineStart && byte === tilde) {
        pending = true
        continue
      }
      lineStart = byte === 0x0d || byte === 0x0a
      bytes.push(byte)
    }
    return { bytes: Buffer.from(bytes), asked }
  }
}
