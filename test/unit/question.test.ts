import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import type { Io } from '../../src/terminal/io.ts'
import { createQuestions } from '../../src/terminal/question.ts'

function terminal(isTTY: boolean) {
  const written: string[] = []
  const raw: boolean[] = []
  const controller = new AbortController()
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: (on: boolean) => raw.push(on) })
  const output = { isTTY, columns: 80, stream: process.stderr, write: async (text: string) => void written.push(text) }
  const io: Io = {
    env: {},
    cwd: '/',
    program: '/cray-ims',
    stdin,
    stdout: output,
    stderr: output,
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {},
    interrupted: controller.signal,
    nextInterruption: () => new AbortController().signal,
  }
  return {
    questions: createQuestions(io),
    stdin,
    raw,
    stderr: () => written.join(''),
    interrupt: (exit: number) => controller.abort(new CliError('Interrupted', { exit })),
  }
}

async function failureOf(answer: Promise<unknown>): Promise<CliError> {
  return answer.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error as CliError,
  )
}

describe('answers from a pipe', () => {
  test('are successive lines, however they arrive', async () => {
    const { questions, stdin, stderr } = terminal(false)
    const bytes = Buffer.from('jané\r\nsecret\nlast')
    stdin.write(bytes.subarray(0, 4))
    const first = questions.ask('Username: ')
    stdin.end(bytes.subarray(4))
    expect(await first).toBe('jané')
    expect(await questions.ask('Password: ', { hidden: true })).toBe('secret')
    expect(await questions.ask('RSA Token: ')).toBe('last')
    expect(stderr()).toBe('Username: \nPassword: \nRSA Token: \n')
    const failure = await failureOf(questions.ask('More: '))
    expect([failure.message, failure.exit, failure.bare]).toEqual(['Aborted!', 1, true])
    expect(stderr()).toMatch(/More: \n$/)
  })
  test('that are empty are the default', async () => {
    const { questions, stdin } = terminal(false)
    stdin.end('\n\n')
    expect(await questions.ask('User [jane]: ', { default: 'jane' })).toBe('jane')
    expect(await questions.ask('Any: ')).toBe('')
  })
  test.each([
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['what\nYES\n', true],
  ])('%j confirms: %s', async (text, yes) => {
    const { questions, stdin } = terminal(false)
    stdin.end(text)
    expect(await questions.confirm('Sure? [y/N]: ')).toBe(yes)
  })
})

describe('answers in a terminal', () => {
  test('that are hidden are edited by key, and raw mode ends', async () => {
    const { questions, stdin, raw, stderr } = terminal(true)
    const answer = questions.ask('Password: ', { hidden: true })
    for (const keys of ['wrong\x15seé', '\x7f', '\x1b[Dc', 'r\x1b[3~et\r', 'next\n']) stdin.write(keys)
    expect(await answer).toBe('secret')
    expect(raw).toEqual([true, false])
    expect(stderr()).toBe('Password: \n')
    expect(await questions.ask('Next: ')).toBe('next')
    // The terminal has shown the Enter itself.
    expect(stderr()).toBe('Password: \nNext: ')
  })
  test.each(['abc\x03', '\x04'])('end at %j', async (keys) => {
    const { questions, stdin, raw, stderr } = terminal(true)
    const answer = failureOf(questions.ask('Password: ', { hidden: true }))
    stdin.write(keys)
    expect((await answer).message).toBe('Aborted!')
    expect(raw).toEqual([true, false])
    expect(stderr()).toBe('Password: \n')
  })
  test('end with the input, in the middle of a hidden one', async () => {
    const { questions, stdin, raw } = terminal(true)
    const answer = failureOf(questions.ask('Password: ', { hidden: true }))
    stdin.end('abc')
    expect((await answer).message).toBe('Aborted!')
    expect(raw).toEqual([true, false])
  })
  test.each([
    [130, 'Aborted!', 1],
    [143, 'Interrupted', 143],
  ])('end at a signal of exit %i', async (signal, message, exit) => {
    const { questions, interrupt, stderr, stdin } = terminal(true)
    const answer = failureOf(questions.ask('Name: '))
    await new Promise((done) => setImmediate(done))
    interrupt(signal)
    const failure = await answer
    expect([failure.message, failure.exit]).toEqual([message, exit])
    expect(stderr()).toBe('Name: \n')
    expect(stdin.listenerCount('data')).toBe(0)
  })
  test("aren't waited for once Ctrl-C has come", async () => {
    const { questions, interrupt } = terminal(true)
    interrupt(130)
    expect((await failureOf(questions.ask('Keep it? '))).bare).toBe(true)
  })
})
